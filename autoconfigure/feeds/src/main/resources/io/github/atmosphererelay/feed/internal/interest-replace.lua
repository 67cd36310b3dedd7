-- Replaces the interest of a node in a feed, in one or more calls, and tells the redistributors.
--
-- KEYS: the interest; the index of all interests; the interest that is being written
-- ARGV: the version, how long to keep it in ms, the interest's name in the index, the Redis channel of
-- notices, the notice, 'first' in the first call, 'last' in the last one, and channels
-- Returns '1', or '0' if Redis has this version or a later one

if tonumber(redis.call('HGET', KEYS[1], '') or '0') >= tonumber(ARGV[1]) then
  redis.call('DEL', KEYS[3])
  return '0'
end
if ARGV[6] == 'first' then
  redis.call('DEL', KEYS[3])
  redis.call('HSET', KEYS[3], '', ARGV[1])
elseif redis.call('HGET', KEYS[3], '') ~= ARGV[1] then
  return '0'
end
for i = 8, #ARGV do
  redis.call('HSET', KEYS[3], ARGV[i], '')
end
redis.call('PEXPIRE', KEYS[3], ARGV[2])
if ARGV[7] == 'last' then
  redis.call('RENAME', KEYS[3], KEYS[1])
  redis.call('SADD', KEYS[2], ARGV[3])
  redis.call('PUBLISH', ARGV[4], ARGV[5])
end
return '1'
