-- Changes the interest of a node in a feed, and tells the redistributors.
--
-- KEYS: the interest, a hash of channels whose field '' is the version; the index of all interests
-- ARGV: the version before, the new one, how long to keep it in ms, the interest's name in the index,
-- the Redis channel of notices, the notice, how many channels are added, these, and those that are removed
-- Returns '1', or '0' if Redis has another version than the one before

if (redis.call('HGET', KEYS[1], '') or '0') ~= ARGV[1] then
  return '0'
end
local last = 7 + tonumber(ARGV[7])
for i = last + 1, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[i])
end
for i = 8, last do
  redis.call('HSET', KEYS[1], ARGV[i], '')
end
redis.call('HSET', KEYS[1], '', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SADD', KEYS[2], ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[6])
return '1'
