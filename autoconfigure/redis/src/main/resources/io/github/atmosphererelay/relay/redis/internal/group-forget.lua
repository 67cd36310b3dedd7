-- Forgets how far the owner of a lane has handled channels whose logs are gone.
--
-- KEYS and the first two ARGV: see group-commit.lua; then the channels
-- Returns 1, or 0 if the lane belongs to another member

local lease = redis.call('HMGET', KEYS[1], 'owner', 'token')
if lease[1] ~= ARGV[1] or lease[2] ~= ARGV[2] then
  return { 0 }
end
for i = 3, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[i])
end
return { 1 }
