-- Removes channels from a lane's index whose messages have all expired for a day. A publisher
-- that goes on with such a channel adds it again before its next message, because it added
-- the channel a day ago at the latest.
--
-- KEYS: the index by time, and by expiry, see index-add.lua; the channels that were removed, by
--       the time that they had in the index, for groups that were away all that time
-- ARGV: the maximum number of channels to remove, and to keep among the removed
-- Returns the number of removed channels

local time = redis.call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1])
for i = 1, #old do
  local added = redis.call('ZSCORE', KEYS[1], old[i])
  if added then
    redis.call('ZADD', KEYS[3], 'GT', added, old[i])
    redis.call('ZREM', KEYS[1], old[i])
  end
  redis.call('ZREM', KEYS[2], old[i])
end
if #old > 0 then
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - ARGV[2])
  redis.call('PEXPIRE', KEYS[3], 2592000000)
end
return { #old }
