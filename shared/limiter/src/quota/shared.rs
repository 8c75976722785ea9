//! The count of all processes, in Redis: the rule of `memory.rs` once more, as one step that nothing comes between.
//!
//! Of each app there are a sorted set of its tenants by when they asked last, and a hash of use by tenant for each bucket. All of
//! it ends by itself. The time is Redis's, so that the processes' clocks need not agree.

use turnpike_core::Timestamp;
use turnpike_redis::{Gone, Redis, Script};

use super::{AppUsage, Ask, BUCKETS, Drawn, REMEMBERED, Standing, Verdict, millis};

/// Before each key. What is in braces lies at one place in a cluster, as scripts need it.
const PREFIX: &str = "turnpike:{quota}:";
/// The apps, with what their tenants may do.
const APPS: &str = "turnpike:{quota}";

/// How things stand in the window: read by both scripts.
const STANDING: &str = r"
local function now(given)
  local at = tonumber(given)
  if at > 0 then return at end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function bucket(app, number)
  return app .. ':' .. string.format('%.0f', number)
end
local function used_of(app, at, length, buckets)
  local current = math.floor(at / length)
  local used, total, per_bucket = {}, 0, {}
  for number = current - buckets, current do
    local flat = redis.call('HGETALL', bucket(app, number))
    per_bucket[number] = flat
    for i = 1, #flat, 2 do
      local own = tonumber(flat[i + 1])
      used[flat[i]] = (used[flat[i]] or 0) + own
      total = total + own
    end
  end
  return current, used, total, per_bucket
end
local function reserve_of(quota, percent, tenants)
  return math.floor(math.floor(quota * percent / 100) / tenants)
end
";

/// Keys: the tenants, the apps. Answers whether it was drawn, the bucket or the milliseconds to wait, and how things stand.
const DRAW: &str = r"
local app, name, tenant = ARGV[1], ARGV[2], ARGV[3]
local wanted, quota, percent = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local length, buckets, month = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local at = now(ARGV[10])

redis.call('ZADD', KEYS[1], at, tenant)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', at - month)
redis.call('PEXPIRE', KEYS[1], month)
redis.call('HSET', KEYS[2], name, ARGV[5] .. ' ' .. ARGV[6] .. ' ' .. ARGV[7])

local seen = redis.call('ZRANGE', KEYS[1], 0, -1)
local reserve = reserve_of(quota, percent, #seen)
local current, used, total, per_bucket = used_of(app, at, length, buckets)
local before, own = total, used[tenant] or 0

local function fits()
  if total + wanted > quota then return false end
  if (used[tenant] or 0) + wanted <= reserve then return true end
  local of_others = 0
  for _, other in ipairs(seen) do
    if other ~= tenant then of_others = of_others + math.max(0, reserve - (used[other] or 0)) end
  end
  return total + wanted + of_others <= quota
end

if fits() then
  if wanted > 0 then
    redis.call('HINCRBY', bucket(app, current), tenant, wanted)
    redis.call('PEXPIRE', bucket(app, current), (buckets + 2) * length)
  end
  return { 1, current, before, own, reserve, #seen }
end
for number = current - buckets, current do
  local flat = per_bucket[number]
  for i = 1, #flat, 2 do
    used[flat[i]] = used[flat[i]] - tonumber(flat[i + 1])
    total = total - tonumber(flat[i + 1])
  end
  if #flat > 0 and fits() then
    return { 0, (number + buckets + 1) * length - at, before, own, reserve, #seen }
  end
end
return { 0, -1, before, own, reserve, #seen }
";

/// Key: the bucket. Never below nought.
const GIVE_BACK: &str = r"
local own = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
local taken = math.min(own, tonumber(ARGV[2]))
if taken > 0 then redis.call('HINCRBY', KEYS[1], ARGV[1], -taken) end
return 1
";

/// Key: the apps. Each with its quota, the reserve of each tenant, and the tenants with what they have used.
const LIST: &str = r"
local all = {}
local apps = redis.call('HGETALL', KEYS[1])
for i = 1, #apps, 2 do
  local app = ARGV[1] .. apps[i]
  local seen = redis.call('ZRANGE', app, 0, -1)
  if #seen == 0 then
    redis.call('HDEL', KEYS[1], apps[i])
  else
    local quota, percent, length = string.match(apps[i + 1], '^(%d+) (%d+) (%d+)$')
    local _, used = used_of(app, now(ARGV[3]), tonumber(length), tonumber(ARGV[2]))
    local tenants = {}
    for _, tenant in ipairs(seen) do
      table.insert(tenants, { tenant, used[tenant] or 0 })
    end
    table.insert(all, { apps[i], tonumber(quota), reserve_of(tonumber(quota), tonumber(percent), #seen), tenants })
  end
end
return all
";

/// An app as the script tells it.
type Told = (String, u64, u64, Vec<(String, u64)>);

/// The count of all processes.
pub(super) struct Shared {
    redis: Redis,
    draw: Script,
    give_back: Script,
    list: Script,
}

impl Shared {
    pub(super) fn new(redis: Redis) -> Self {
        let with_standing = |script: &str| Script::new(&format!("{STANDING}{script}"));
        Self { redis, draw: with_standing(DRAW), give_back: Script::new(GIVE_BACK), list: with_standing(LIST) }
    }

    /// At Redis's own time, or at a given one.
    pub(super) async fn draw(&self, ask: Ask<'_>, at: Option<Timestamp>) -> Result<Verdict, Gone> {
        let (tenants, length) = (tenants(ask.app), ask.allowance.bucket());
        let mut script = self.draw.prepare_invoke();
        script.key(&tenants).key(APPS).arg(&tenants).arg(ask.app).arg(ask.tenant).arg(ask.operations);
        script.arg(ask.allowance.operations).arg(ask.allowance.reserve_percent).arg(length).arg(BUCKETS);
        script.arg(u64::try_from(REMEMBERED.as_millis()).unwrap_or(u64::MAX)).arg(at.map_or(0, millis));
        let (drawn, number, used, own_used, own_reserve, tenants): (bool, i64, u64, u64, u64, u64) =
            self.redis.run(&script).await?;
        Ok(match drawn {
            true => Verdict::Drawn(number),
            false => {
                let standing = Standing { used, own_used, own_reserve, tenants };
                Verdict::Refused(standing, Some(number).filter(|wait| *wait >= 0))
            }
        })
    }

    pub(super) async fn give_back(&self, drawn: &Drawn) -> Result<(), Gone> {
        let mut script = self.give_back.prepare_invoke();
        script.key(format!("{}:{}", tenants(&drawn.app), drawn.bucket)).arg(&drawn.tenant).arg(drawn.operations);
        self.redis.run(&script).await
    }

    pub(super) async fn list(&self, at: Option<Timestamp>) -> Result<Vec<AppUsage>, Gone> {
        let mut script = self.list.prepare_invoke();
        script.key(APPS).arg(PREFIX).arg(BUCKETS).arg(at.map_or(0, millis));
        let all: Vec<Told> = self.redis.run(&script).await?;
        let told = |(app, operations, reserve, tenants)| AppUsage { app, operations, reserve, tenants };
        Ok(all.into_iter().map(told).collect())
    }
}

/// The set of an app's tenants; the names of its buckets begin like it.
fn tenants(app: &str) -> String {
    format!("{PREFIX}{app}")
}
