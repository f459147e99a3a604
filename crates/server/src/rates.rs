//! Token buckets in memory: how often one session or one address may call.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Mutex;

use types::Micros;

use crate::config::Rate;

/// Most callers remembered, over all shards. A caller that is forgotten starts with a full bucket.
const CAPACITY: usize = 65_536;
const SHARDS: usize = 16;

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A session, by the start of its key.
    Session(u128),
    /// An address: IPv4 as it is, IPv6 by its /64, which is what one subscriber has.
    Address(u128),
    /// A caller without address (tests, the local socket).
    Unknown,
}

impl Caller {
    /// The caller behind an address.
    pub fn address(ip: Option<IpAddr>) -> Caller {
        match ip.map(|ip| ip.to_canonical()) {
            Some(IpAddr::V4(v4)) => Caller::Address(u128::from(v4.to_bits())),
            Some(IpAddr::V6(v6)) => Caller::Address(v6.to_bits() >> 64 << 64),
            None => Caller::Unknown,
        }
    }

    /// The caller behind a session key.
    pub fn session(key: &[u8; 32]) -> Caller {
        let mut head = [0; 16];
        head.copy_from_slice(&key[..16]);
        Caller::Session(u128::from_le_bytes(head))
    }
}

/// Which allowance a call is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Allowance {
    /// Pages and their fragments.
    Page,
    /// API calls.
    Api,
    /// Sign-ins, household codes, one-time codes.
    SignIn,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Micros,
}

impl Bucket {
    /// The bucket at `now`. Pure.
    fn refilled(self, rate: Rate, now: Micros) -> Bucket {
        let seconds = (now - self.at).0.max(0) as f64 / 1e6;
        Bucket {
            tokens: (self.tokens + seconds * rate.per_second).min(rate.burst),
            at: now.max(self.at),
        }
    }
}

type Shard = Mutex<HashMap<(Allowance, Caller), Bucket>>;

/// The buckets of all callers.
#[derive(Debug)]
pub struct Buckets {
    shards: Vec<Shard>,
    hasher: RandomState,
}

impl Default for Buckets {
    fn default() -> Buckets {
        Buckets {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Buckets {
    /// Takes one token.
    ///
    /// # Errors
    /// The seconds until there is a token again.
    pub fn take(
        &self,
        allowance: Allowance,
        caller: Caller,
        rate: Rate,
        now: Micros,
    ) -> Result<(), u32> {
        let key = (allowance, caller);
        let shard = &self.shards[self.hasher.hash_one(key) as usize % SHARDS];
        let mut buckets = shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= CAPACITY / SHARDS && !buckets.contains_key(&key) {
            // Full buckets say nothing; when all are in use, forgetting is the lesser evil.
            buckets.retain(|_, b| b.refilled(rate, now).tokens < rate.burst);
            if buckets.len() >= CAPACITY / SHARDS {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: rate.burst, at: now });
        *bucket = bucket.refilled(rate, now);
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            Ok(())
        } else {
            Err(((1.0 - bucket.tokens) / rate.per_second).ceil().clamp(1.0, 3_600.0) as u32)
        }
    }

    /// Callers remembered at the moment.
    pub fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|s| s.lock().unwrap_or_else(std::sync::PoisonError::into_inner).len())
            .sum()
    }

    /// Whether nobody is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::Span;

    const RATE: Rate = Rate::new(2.0, 3.0);
    const T0: Micros = Micros(1_000_000_000);

    #[test]
    fn a_burst_is_taken_and_then_the_rate() {
        let buckets = Buckets::default();
        let take = |at| buckets.take(Allowance::Page, Caller::Unknown, RATE, at);
        assert_eq!((take(T0), take(T0), take(T0)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(take(T0), Err(1));
        assert_eq!(take(T0 + Span(500_000)), Ok(()));
        assert_eq!(take(T0 + Span(500_000)), Err(1));
        // A clock that jumps back gives nothing.
        assert_eq!(take(T0), Err(1));
    }

    #[test]
    fn callers_and_allowances_are_apart() {
        let buckets = Buckets::default();
        let one = Rate::new(0.001, 1.0);
        let a = Caller::address("10.0.0.1".parse().ok());
        let b = Caller::address("10.0.0.2".parse().ok());
        assert_eq!(buckets.take(Allowance::Page, a, one, T0), Ok(()));
        assert_eq!(buckets.take(Allowance::Page, a, one, T0), Err(1_000));
        assert_eq!(buckets.take(Allowance::Page, b, one, T0), Ok(()));
        assert_eq!(buckets.take(Allowance::Api, a, one, T0), Ok(()));
        let v6 = |t: &str| Caller::address(t.parse().ok());
        assert_eq!(v6("2001:db8:1:2::1"), v6("2001:db8:1:2:ffff::9"));
        assert_ne!(v6("2001:db8:1:2::1"), v6("2001:db8:1:3::1"));
        assert_eq!(v6("::ffff:10.0.0.1"), a);
    }

    #[test]
    fn memory_is_bounded_whoever_calls() {
        let buckets = Buckets::default();
        for n in 0..200_000_u128 {
            let _ = buckets.take(Allowance::Page, Caller::Address(n), RATE, T0);
        }
        assert!(buckets.len() <= CAPACITY);
        assert!(!buckets.is_empty());
    }
}
