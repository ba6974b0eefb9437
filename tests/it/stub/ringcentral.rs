//! RingCentral's presence over a backend of an account with two extensions.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use async_trait::async_trait;
use parking_lot::Mutex;
use presenced::{
    api, auth,
    limit::Tally,
    stub::{
        Credentials, Limits, Scope,
        ringcentral::{
            AccountPage, AuthenticateError, CallQueuePresence, Caller, Detail,
            ExtensionCallQueuePresenceList, GetPresenceInfo, Identity, MonitoredExtensions, MonitoredLine,
            Presence, RateGroup, ReadAccountPresenceError, ReadLinesError, ReadQueueError, ReadQueuesError,
            ReadUserPresenceError, RestRefusal, Unread, Update, UpdateLinesError, UpdateQueueError,
            UpdateQueuesError, UpdateUserPresenceError, Uris, document, routes,
        },
    },
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Site, minutes};

/// The extensions 1 and 2 of account 7, with a message each; of lines and queues, what was set last.
#[derive(Default)]
struct Two {
    messages: Mutex<[Option<String>; 2]>,
    set: Mutex<String>,
    left: Mutex<u32>,
}

impl Two {
    fn tell(&self, extension: u64, uris: &Uris) -> Option<GetPresenceInfo> {
        let message = self.messages.lock().get(usize::try_from(extension).ok()?.checked_sub(1)?)?.clone();
        Some(GetPresenceInfo { uri: Some(uris.presence(extension)), message, ..GetPresenceInfo::default() })
    }
}

#[async_trait]
impl Presence for Two {
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError> {
        let (user, device) = ("@one:example.com".parse().expect("a user"), "app".parse().expect("a device"));
        let mut token = auth::Caller::new(user, device);
        match credentials.token.as_str() {
            "one" => {}
            "reader" => token.scopes = [Scope::Read].into_iter().collect(),
            _ => return Err(RestRefusal::unknown_token().into()),
        }
        Ok(Identity { account: 7, extension: 1, is_admin: false, token })
    }

    fn count(&self, _: &Caller, group: RateGroup) -> Option<Tally> {
        let mut left = self.left.lock();
        *left = left.checked_sub(1)?;
        let retry_after = (*left == 0 && group == RateGroup::Light).then_some(minutes(1));
        Some(Tally { limit: 50, remaining: *left, window: minutes(1), retry_after })
    }

    async fn read_presence(
        &self,
        _: &Caller,
        extensions: &[u64],
        _: Detail,
        uris: &Uris,
    ) -> Result<Vec<Option<GetPresenceInfo>>, ReadUserPresenceError> {
        Ok(extensions.iter().map(|extension| self.tell(*extension, uris)).collect())
    }

    async fn update_presence(
        &self,
        caller: &Caller,
        extension: u64,
        update: Unread<Update>,
        uris: &Uris,
    ) -> Result<GetPresenceInfo, UpdateUserPresenceError> {
        if extension != caller.extension {
            return Err(RestRefusal::another_extension().into());
        }
        self.messages.lock()[0] = update.read().await?.message;
        self.tell(extension, uris).ok_or_else(|| RestRefusal::not_found("extensionId").into())
    }

    async fn read_account_presence(
        &self,
        _: &Caller,
        places: Range<usize>,
        _: Detail,
        uris: &Uris,
    ) -> Result<AccountPage, ReadAccountPresenceError> {
        let all = (1..=2).filter_map(|extension| self.tell(extension, uris));
        Ok(AccountPage { records: all.skip(places.start).take(places.len()).collect(), total: 2 })
    }

    async fn read_monitored_extensions(
        &self,
        _: &Caller,
        extension: u64,
        uris: &Uris,
    ) -> Result<MonitoredExtensions, ReadLinesError> {
        Ok(MonitoredExtensions { uri: uris.presence(extension), records: Vec::new() })
    }

    async fn update_monitored_extensions(
        &self,
        caller: &Caller,
        extension: u64,
        lines: Unread<Vec<MonitoredLine>>,
        uris: &Uris,
    ) -> Result<MonitoredExtensions, UpdateLinesError> {
        if extension != caller.extension {
            return Err(RestRefusal::another_extension().into());
        }
        let lines = lines.read().await?;
        let lines: Vec<_> = lines.iter().map(|line| format!("{}={}", line.id, line.extension)).collect();
        *self.set.lock() = lines.join(" ");
        Ok(MonitoredExtensions { uri: uris.presence(extension), records: Vec::new() })
    }

    async fn read_call_queue_presence(
        &self,
        _: &Caller,
        queue: u64,
    ) -> Result<CallQueuePresence, ReadQueueError> {
        Err(RestRefusal::not_found(if queue == 9 { "groupId" } else { "accountId" }).into())
    }

    async fn update_call_queue_presence(
        &self,
        _: &Caller,
        queue: u64,
        update: Unread<BTreeMap<u64, bool>>,
    ) -> Result<CallQueuePresence, UpdateQueueError> {
        *self.set.lock() = format!("{queue}: {:?}", update.read().await?);
        Ok(CallQueuePresence { records: Vec::new() })
    }

    async fn read_extension_call_queue_presence(
        &self,
        _: &Caller,
        _: u64,
    ) -> Result<ExtensionCallQueuePresenceList, ReadQueuesError> {
        Ok(ExtensionCallQueuePresenceList { records: Vec::new() })
    }

    async fn update_extension_call_queue_presence(
        &self,
        _: &Caller,
        extension: u64,
        update: Unread<BTreeMap<u64, bool>>,
    ) -> Result<ExtensionCallQueuePresenceList, UpdateQueuesError> {
        *self.set.lock() = format!("of {extension}: {:?}", update.read().await?);
        Ok(ExtensionCallQueuePresenceList { records: Vec::new() })
    }
}

async fn start(calls: u32) -> Site {
    start_over(Arc::new(Two { left: Mutex::new(calls), ..Two::default() })).await
}

async fn start_over(two: Arc<Two>) -> Site {
    let routes = routes(two, Limits { body_bytes: 1_000, ..Limits::default() });
    Site::serve(routes, document(), &api::ringcentral::DIALECT).await
}

async fn call(site: &Site, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    let call = site.call(method, format!("/restapi/v1.0/account/{path}")).token(token);
    match body {
        Some(body) => call.json(&body).send().await,
        None => call.send().await,
    }
}

/// Status and body without the address, which is another each time.
fn line(site: &Site, answer: &Answer) -> String {
    answer.line().replace(&site.url, "").replace("\r\n", "\n")
}

#[tokio::test]
async fn what_is_set_is_read_in_the_contract_s_form() {
    let site = start(u32::MAX).await;
    let done = async |token: &str, method: Method, path: &str, body: Option<Value>| {
        line(&site, &call(&site, token, method, path, body).await)
    };
    let answers = [
        done("one", Method::PUT, "~/extension/~/presence", Some(json!({"message": "lunch"}))).await,
        done("reader", Method::GET, "7/extension/1/presence?sipData=true", None).await,
        done("reader", Method::GET, "~/presence?perPage=1", None).await,
        done("reader", Method::GET, "~/extension/2,~,9,1/presence", None).await,
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    200 {"uri":"/restapi/v1.0/account/7/extension/1/presence","message":"lunch"}
    200 {"uri":"/restapi/v1.0/account/7/extension/1/presence","message":"lunch"}
    200 {"uri":"/restapi/v1.0/account/7/presence?page=1&perPage=1","records":[{"uri":"/restapi/v1.0/account/7/extension/1/presence","message":"lunch"}],"paging":{"page":1,"perPage":1,"pageStart":0,"pageEnd":0,"totalPages":2,"totalElements":2},"navigation":{"firstPage":{"uri":"/restapi/v1.0/account/7/presence?page=1&perPage=1"},"nextPage":{"uri":"/restapi/v1.0/account/7/presence?page=2&perPage=1"},"lastPage":{"uri":"/restapi/v1.0/account/7/presence?page=2&perPage=1"}}}
    207 --Boundary_4_0
    Content-Type: application/json

    {"response":[{"href":"/restapi/v1.0/account/7/extension/2/presence","status":200,"responseDescription":"OK"},{"href":"/restapi/v1.0/account/7/extension/1/presence","status":200,"responseDescription":"OK"},{"href":"/restapi/v1.0/account/7/extension/9/presence","status":404,"responseDescription":"Not Found"}]}
    --Boundary_4_0
    Content-Type: application/json

    {"uri":"/restapi/v1.0/account/7/extension/2/presence"}
    --Boundary_4_0
    Content-Type: application/json

    {"uri":"/restapi/v1.0/account/7/extension/1/presence","message":"lunch"}
    --Boundary_4_0
    Content-Type: application/json

    {"errorCode":"CMN-102","message":"Resource for parameter [extensionId] is not found","errors":[{"errorCode":"CMN-102","message":"Resource for parameter [extensionId] is not found","parameterName":"extensionId"}],"parameterName":"extensionId"}
    --Boundary_4_0--
    "#);
    let answer = call(&site, "one", Method::GET, "~/presence", None).await;
    let names = ["content-type", "x-rate-limit-group", "x-rate-limit-limit", "access-control-allow-origin"];
    let told = ["application/json; charset=UTF-8", "heavy", "50", "*"];
    assert_eq!(names.map(|name| answer.header(name)), told);
}

#[tokio::test]
async fn what_is_refused() {
    let site = start(u32::MAX).await;
    let done = async |token: &str, method: Method, path: &str, body: Option<Value>| {
        call(&site, token, method, path, body).await.line()
    };
    let lunch = || Some(json!({"message": "lunch"}));
    let answers = [
        done("nobody", Method::GET, "~/presence", None).await,
        done("nobody", Method::GET, "nowhere", None).await,
        done("one", Method::GET, "nowhere", None).await,
        done("one", Method::DELETE, "~/presence", None).await,
        done("one", Method::GET, "8/presence", None).await,
        done("one", Method::GET, "~/extension/9/presence?sipData=x", None).await,
        done("one", Method::GET, "~/extension/one/presence", None).await,
        done("one", Method::GET, "~/extension/1/presence?sipData=x", None).await,
        done("reader", Method::PUT, "~/extension/~/presence", lunch()).await,
        done("one", Method::PUT, "~/extension/2/presence", lunch()).await,
        done("one", Method::PUT, "~/extension/1/presence", Some(json!({"message": 1}))).await,
        done("one", Method::PUT, "~/extension/1/presence", Some(json!({"message": "x".repeat(1_000)}))).await,
    ];
    insta::assert_snapshot!(answers.join("\n"), @r#"
    401 {"errorCode":"TokenInvalid","message":"OAuth token is invalid","errors":[{"errorCode":"OAU-149","message":"OAuth token is invalid"}]}
    401 {"errorCode":"TokenInvalid","message":"OAuth token is invalid","errors":[{"errorCode":"OAU-149","message":"OAuth token is invalid"}]}
    404 {"errorCode":"CMN-120","message":"Invalid URI","errors":[{"errorCode":"CMN-120","message":"Invalid URI"}]}
    405 {"errorCode":"CMN-202","message":"Operation is not supported","errors":[{"errorCode":"CMN-202","message":"Operation is not supported"}]}
    404 {"errorCode":"CMN-102","message":"Resource for parameter [accountId] is not found","errors":[{"errorCode":"CMN-102","message":"Resource for parameter [accountId] is not found","parameterName":"accountId"}],"parameterName":"accountId"}
    404 {"errorCode":"CMN-102","message":"Resource for parameter [extensionId] is not found","errors":[{"errorCode":"CMN-102","message":"Resource for parameter [extensionId] is not found","parameterName":"extensionId"}],"parameterName":"extensionId"}
    404 {"errorCode":"CMN-102","message":"Resource for parameter [extensionId] is not found","errors":[{"errorCode":"CMN-102","message":"Resource for parameter [extensionId] is not found","parameterName":"extensionId"}],"parameterName":"extensionId"}
    400 {"errorCode":"InvalidParameter","message":"Parameter [sipData] value is invalid","errors":[{"errorCode":"CMN-101","message":"Parameter [sipData] value is invalid","parameterName":"sipData","acceptedValues":["true","false"]}],"parameterName":"sipData","acceptedValues":["true","false"]}
    403 {"errorCode":"InsufficientPermissions","message":"In order to call this API endpoint, application needs to have [EditPresence] permission","errors":[{"errorCode":"CMN-401","message":"In order to call this API endpoint, application needs to have [EditPresence] permission","permissionName":"EditPresence"}],"permissionName":"EditPresence"}
    403 {"errorCode":"CMN-404","message":"Attempt to access another extension","errors":[{"errorCode":"CMN-404","message":"Attempt to access another extension"}]}
    400 {"errorCode":"InvalidParameter","message":"Parameter [message] value is invalid","errors":[{"errorCode":"CMN-101","message":"Parameter [message] value is invalid","parameterName":"message"}],"parameterName":"message"}
    413 {"errorCode":"CMN-104","message":"Cannot parse request","errors":[{"errorCode":"CMN-104","message":"Cannot parse request"}]}
    "#);
}

#[tokio::test]
async fn one_call_too_many() {
    let site = start(2).await;
    assert_eq!(call(&site, "one", Method::GET, "~/extension/~/presence", None).await.status, 200);
    let answer = call(&site, "one", Method::GET, "~/extension/~/presence", None).await;
    insta::assert_snapshot!(answer.line(), @r#"429 {"errorCode":"CMN-301","message":"Request rate exceeded","errors":[{"errorCode":"CMN-301","message":"Request rate exceeded"}]}"#);
    assert_eq!(answer.header("retry-after"), "60");
}

#[tokio::test]
async fn lines_and_queues_come_to_the_backend() {
    let two = Arc::new(Two { left: Mutex::new(u32::MAX), ..Two::default() });
    let site = start_over(two.clone()).await;
    let done = async |token: &str, method: Method, path: &str, body: Option<Value>| {
        let status = call(&site, token, method, path, body).await.status;
        (status.as_u16(), std::mem::take(&mut *two.set.lock()))
    };
    let (own, line) = ("~/extension/~/presence/line", |records: Value| Some(json!({"records": records})));
    let lines = line(json!([{"id": "k", "extension": {"id": "2"}}, {"extension": {"id": "~"}}]));
    let queues = line(json!([{"callQueue": {"id": "9"}, "acceptCalls": false}]));
    let members = line(json!([{"member": {"id": "1"}, "acceptCurrentQueueCalls": true}]));
    let nothing = |status: u16| (status, String::new());
    assert_eq!(done("one", Method::PUT, own, lines).await, (200, "k=2 2=1".to_owned()));
    assert_eq!(done("reader", Method::GET, own, None).await, nothing(200));
    assert_eq!(done("reader", Method::PUT, own, line(json!([]))).await, nothing(403));
    assert_eq!(done("one", Method::PUT, "~/extension/2/presence/line", line(json!([]))).await, nothing(403));
    let twice = line(json!([{"extension": {"id": "2"}}, {"extension": {"id": "2"}}]));
    assert_eq!(done("one", Method::PUT, own, twice).await, nothing(400));
    assert_eq!(
        done("one", Method::PUT, "~/extension/~/call-queue-presence", queues).await,
        (200, "of 1: {9: false}".to_owned())
    );
    assert_eq!(done("one", Method::GET, "~/extension/2/call-queue-presence", None).await, nothing(200));
    assert_eq!(
        done("one", Method::PUT, "~/call-queues/9/presence", members).await,
        (200, "9: {1: true}".to_owned())
    );
    assert_eq!(done("one", Method::GET, "7/call-queues/9/presence", None).await, nothing(404));
    assert_eq!(done("one", Method::GET, "7/call-queues/x/presence", None).await, nothing(404));
}
