-- Removes interests of a node, and tells the redistributors.
--
-- KEYS: the index of all interests, and the interests
-- ARGV: the Redis channel of notices, the notice, and the interests' names in the index
-- Returns '1'

for i = 2, #KEYS do
  redis.call('DEL', KEYS[i])
  redis.call('SREM', KEYS[1], ARGV[i + 1])
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return '1'
