//! Real proxies.
