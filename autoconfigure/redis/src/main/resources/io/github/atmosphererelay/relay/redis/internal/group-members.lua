-- Says that a member of a group is alive, and which lanes it has; or that it leaves. Members
-- that have said nothing for the time of a lease are removed.
--
-- KEYS: the members, a sorted set by the time until which they count; their lanes, a hash; the
--       mark that the group is made, see group-make.lua
-- ARGV: the member's id; for how long it counts, in milliseconds, 0 if it leaves; its lanes
-- Returns the mark or an empty string, then id and lanes of each member in turn

local time = redis.call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
if ARGV[2] == '0' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
end
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 100)
for i = 1, #gone do
  redis.call('ZREM', KEYS[1], gone[i])
  redis.call('HDEL', KEYS[2], gone[i])
end
local reply = { redis.call('GET', KEYS[3]) or '' }
local members = redis.call('ZRANGE', KEYS[1], 0, -1)
for i = 1, #members do
  reply[#reply + 1] = members[i]
  reply[#reply + 1] = redis.call('HGET', KEYS[2], members[i]) or ''
end
return reply
