//! Words on the wire for what the core knows by a closed set of its own.

/// An enum on the wire whose words are those of an enum of the core. A variant that either lacks is an error of the
/// compiler.
macro_rules! words {
    ($(
        $(#[$attribute:meta])*
        pub enum $name:ident of $core:path {
            $($(#[$of_variant:meta])* $variant:ident),* $(,)?
        }
    )*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        $(#[$attribute])*
        pub enum $name {
            $($(#[$of_variant])* $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
        }

        #[cfg(feature = "server")]
        impl From<$core> for $name {
            fn from(core: $core) -> Self {
                use $core as Core;
                match core {
                    $(Core::$variant => Self::$variant,)*
                }
            }
        }

        #[cfg(feature = "server")]
        impl From<$core> for crate::api::Open<$name> {
            fn from(core: $core) -> Self {
                Self::Known(core.into())
            }
        }

        #[cfg(feature = "server")]
        impl From<$name> for $core {
            fn from(word: $name) -> Self {
                match word {
                    $($name::$variant => Self::$variant,)*
                }
            }
        }
    )*};
}

pub(crate) use words;
