//! What goes over the wire in the RingCentral dialect: what clients send, and what they are
//! answered. It needs nothing of a server, so that clients share it.

mod account;
mod calls;
mod error;
mod lines;
mod notification;
mod oauth;
mod presence;
mod queues;
mod socket;
mod subscription;

pub use self::{
    account::{
        ContactInfo, DepartmentInfo, ExtensionAccountInfo, ExtensionPermissions, FeatureInfo, FeatureList,
        GetAccountInfoResponse, GetExtensionInfoResponse, GetExtensionListResponse, GetVersionResponse,
        NavigationInfo, PageLink, PagingInfo, PermissionInfo,
    },
    calls::{ActiveCallInfo, AppearanceInfo, CallInfo, CallInfoLine, SipData},
    error::{ErrorItem, ErrorResponse},
    lines::{
        MonitoredExtension, MonitoredExtensionId, MonitoredExtensionUpdate, MonitoredExtensions,
        MonitoredExtensionsUpdate,
    },
    notification::{
        Body, ChangedLine, DndEventBody, LineEventBody, Notification, PresenceEventBody, ReminderEventBody,
    },
    oauth::{
        AuthorizationAnswer, Nothing, OAuthError, OAuthErrorItem, RevokeRequest, TokenRequest, TokenResponse,
    },
    presence::{
        AccountPresenceInfo, BatchBody, BatchItem, CxTelephonyStatus, DndStatus, DndStatusPersonal,
        ExtensionInfo, GetPresenceInfo, MeetingStatus, PresenceInfoResource, PresenceStatus, UserStatus,
    },
    queues::{
        CallQueueId, CallQueueMember, CallQueueMemberPresence, CallQueueMemberUpdate, CallQueuePresence,
        CallQueueUpdatePresence, ExtensionCallQueuePresence, ExtensionCallQueuePresenceList,
        ExtensionCallQueueUpdate, ExtensionCallQueueUpdatePresenceList, PresenceCallQueueInfo,
    },
    socket::{ClientMeta, ConnectionDetails, Kind, Meta, WebSocketToken, WsError, Wsc},
    subscription::{
        BlacklistedData, CreateSubscriptionRequest, DisabledFilterInfo, NotificationDeliveryMode,
        NotificationDeliveryModeRequest, SubscriptionInfo, SubscriptionListResource, SubscriptionStatus,
        TransportType, UpdateSubscriptionRequest,
    },
};
