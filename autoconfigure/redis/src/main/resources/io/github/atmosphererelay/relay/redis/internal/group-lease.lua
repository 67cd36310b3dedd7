-- Acquires, renews or ends the lease of a lane in a group. Until it has ended, by the server's
-- clock, no other member gets the lane. A member whose lease has ended keeps the lane if no
-- other has acquired it.
--
-- KEYS[1] the lease, a hash: owner, token, until, checked, see group-checkpoint.lua, and maker,
--         see group-claim.lua
-- ARGV: acquire, renew or release; the member's id; its token; the time of the lease, in
--       milliseconds
-- Returns the token, or 0 if the lane belongs to another member; after acquire, checked, too

local time = redis.call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
local lease = redis.call('HMGET', KEYS[1], 'owner', 'token', 'until', 'checked')
if ARGV[1] == 'acquire' then
  if lease[1] and lease[1] ~= '' and lease[1] ~= ARGV[2] and tonumber(lease[3]) > now then
    return { 0 }
  end
  -- Greater than each before, also if Redis has lost them
  local token = math.max(now, tonumber(lease[2] or 0) + 1)
  redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'token', token, 'until', now + ARGV[4])
  return { token, tonumber(lease[4] or 0) }
end
if lease[1] ~= ARGV[2] or lease[2] ~= ARGV[3] then
  return { 0 }
end
if ARGV[1] == 'renew' then
  redis.call('HSET', KEYS[1], 'until', now + ARGV[4])
else
  redis.call('HSET', KEYS[1], 'owner', '', 'until', 0)
end
return { tonumber(lease[2]) }
