-- Draws one call from every bucket, or from none: GCRA in whole microseconds, as `Bucket::draw` says it.
--
-- KEYS  the buckets, each the instant of its next arrival
-- ARGV  the instant, or "" for the clock of this server, by which all processes go; then for each bucket the time between
--       two calls, negative where none is admitted, and how much earlier calls may come
-- Gives {0, 0}, or the number of the first bucket that is empty and the microseconds until it is not.
--
-- Numbers are doubles here. Whole ones are exact below 2^53, and are written with all their digits by %.0f only.
local now, slack = tonumber(ARGV[1]), 3600000
if not now then
  local time = redis.call('TIME')
  now, slack = time[1] * 1000000 + time[2], 1000
end

local arrivals, drawn = redis.call('MGET', unpack(KEYS)), {}
for i = 1, #KEYS do
  local interval, tolerance = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  if interval < 0 then
    return { i, 3600000000 }
  end
  local arrival = tonumber(arrivals[i] or 0)
  if arrival > now + tolerance + interval + 60000000 then
    arrival = now + tolerance
  end
  local wait = arrival - tolerance - now
  if wait > 0 then
    return { i, wait }
  end
  drawn[i] = math.max(arrival, now) + interval
end

for i = 1, #KEYS do
  -- A bucket that is full again is as good as none.
  local life = math.ceil((drawn[i] - now) / 1000) + slack
  redis.call('SET', KEYS[i], string.format('%.0f', drawn[i]), 'PX', string.format('%.0f', life))
end
return { 0, 0 }
