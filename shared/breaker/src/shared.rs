//! Holds that all processes keep, in Redis.
//!
//! A hold is an entry that ends by itself, so that clocks need not agree: it is written as a time from now and read as one.
//! Beside the entries stands a list of them, for the operator's eyes.

use std::time::Duration;

use turnpike_core::Class;
use turnpike_redis::{Gone, Redis, Script};

use crate::Key;

/// Before each entry's name. What is in braces lies at one place in a cluster, as scripts need it.
const PREFIX: &str = "turnpike:{holds}:";
/// The list of entries with their ends.
const LIST: &str = "turnpike:{holds}";

/// For each key its hold's class and the milliseconds that are left of it, or two blanks.
const READ: &str = r"
local found = {}
for i, key in ipairs(KEYS) do
  local class = redis.call('GET', key)
  local left = class and redis.call('PTTL', key) or 0
  found[2 * i - 1] = class or ''
  found[2 * i] = left
end
return found
";

/// Never shortens one that ends later.
const WRITE: &str = r"
local left = tonumber(ARGV[2])
if redis.call('PTTL', KEYS[1]) >= left then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', left)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], 0, now)
redis.call('ZADD', KEYS[2], now + left, ARGV[3])
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[2], last[2])
return 1
";

/// The name, the class and what is left of each hold.
const SNAPSHOT: &str = r"
local all = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local class = redis.call('GET', ARGV[1] .. name)
  if class then
    table.insert(all, { name, class, redis.call('PTTL', ARGV[1] .. name) })
  end
end
return all
";

/// A hold, with the time that is left of it.
pub(crate) type Left = (Class, Duration);

/// The holds of all processes.
pub(crate) struct Shared {
    redis: Redis,
    read: Script,
    write: Script,
    snapshot: Script,
}

impl Shared {
    pub(crate) fn new(redis: Redis) -> Self {
        Self { redis, read: Script::new(READ), write: Script::new(WRITE), snapshot: Script::new(SNAPSHOT) }
    }

    /// The hold of each of these keys, in one round trip.
    pub(crate) async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Left>>, Gone> {
        let mut script = self.read.prepare_invoke();
        for key in keys {
            script.key(entry(key));
        }
        let found: Vec<(String, i64)> = self.redis.run(&script).await?;
        Ok(found.into_iter().map(|(class, left)| hold(&class, left)).collect())
    }

    /// Holds a key, unless it is held for longer.
    pub(crate) async fn write(&self, key: &Key, class: Class, left: Duration) -> Result<(), Gone> {
        let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut script = self.write.prepare_invoke();
        script.key(entry(key)).key(LIST).arg(class.as_str()).arg(millis).arg(name(key));
        self.redis.run(&script).await
    }

    /// All holds.
    pub(crate) async fn list(&self) -> Result<Vec<(Key, Left)>, Gone> {
        let mut script = self.snapshot.prepare_invoke();
        script.key(LIST).arg(PREFIX);
        let all: Vec<(String, String, i64)> = self.redis.run(&script).await?;
        Ok(all.into_iter().filter_map(|(name, class, left)| Some((key(&name)?, hold(&class, left)?))).collect())
    }
}

fn entry(key: &Key) -> String {
    format!("{PREFIX}{}", name(key))
}

fn name(key: &Key) -> String {
    format!("{}\n{}", key.upstream, key.part)
}

fn key(name: &str) -> Option<Key> {
    let (upstream, part) = name.split_once('\n')?;
    Some(Key { upstream: upstream.into(), part: part.into() })
}

fn hold(class: &str, left: i64) -> Option<Left> {
    let left = u64::try_from(left).ok().filter(|left| *left > 0)?;
    let class = Class::ALL.into_iter().find(|own| own.as_str() == class)?;
    Some((class, Duration::from_millis(left)))
}
