//! The RingCentral dialect over real HTTP.

mod presence;
