-- Forgets how far the owner of a lane has handled channels whose logs are gone.
--
-- KEYS and ARGV: see group-commit.lua. A channel that was handled further than the position is
-- not forgotten
-- Returns 1, or 0 if the lane belongs to another member

local lease = redis.call('HMGET', KEYS[1], 'owner', 'token')
if lease[1] ~= ARGV[1] or lease[2] ~= ARGV[2] then
  return { 0 }
end
for i = 3, #ARGV, 2 do
  if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[i + 1] then
    redis.call('HDEL', KEYS[2], ARGV[i])
  end
end
return { 1 }
