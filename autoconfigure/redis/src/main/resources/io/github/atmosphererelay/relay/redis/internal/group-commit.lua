-- Stores how far the owner of a lane has handled channels.
--
-- KEYS: the lease, see group-lease.lua; the progress, a hash from channel to <offset>:<epoch>
-- ARGV: the member's id; its token; channel and position in turn
-- Returns 1, or 0 if the lane belongs to another member

local lease = redis.call('HMGET', KEYS[1], 'owner', 'token')
if lease[1] ~= ARGV[1] or lease[2] ~= ARGV[2] then
  return { 0 }
end
for i = 3, #ARGV, 2 do
  -- A call of a former connection may be executed late
  local former = redis.call('HGET', KEYS[2], ARGV[i])
  local offset, epoch = string.match(ARGV[i + 1], '^(%d+):(.*)$')
  local before = former and string.match(former, '^(%d+):(.*)$')
  if not former or string.match(former, ':(.*)$') ~= epoch or tonumber(before) < tonumber(offset) then
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
  end
end
return { 1 }
