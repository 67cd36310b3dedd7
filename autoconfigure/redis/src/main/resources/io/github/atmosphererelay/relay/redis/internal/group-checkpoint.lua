-- Stores up to which time, by the clock of the server that has the lane's index, every channel
-- of the lane was looked at, and in which of them something is left to do. Of all others, the
-- next owner need not look at those that were last added to the index long before.
--
-- KEYS: the lease, see group-lease.lua; the channels, a set
-- ARGV: the member's id; its token; the time; the channels
-- Returns 1, or 0 if the lane belongs to another member

local lease = redis.call('HMGET', KEYS[1], 'owner', 'token')
if lease[1] ~= ARGV[1] or lease[2] ~= ARGV[2] then
  return { 0 }
end
redis.call('DEL', KEYS[2])
for i = 4, #ARGV do
  redis.call('SADD', KEYS[2], ARGV[i])
end
redis.call('HSET', KEYS[1], 'checked', ARGV[3])
return { 1 }
