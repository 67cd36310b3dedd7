-- Sets a message aside, or replaces it.
--
-- KEYS: the lease, see group-lease.lua; the messages, a hash from id to <time, 8 bytes><message>;
--       the total size, a string
-- ARGV: the member's id; its token; the message's id; the message; how many messages, and how
--       many bytes, are kept at most
-- Returns 1; 0 if the lane belongs to another member; or -1 and the number of messages if there is
-- no room

local lease = redis.call('HMGET', KEYS[1], 'owner', 'token')
if lease[1] ~= ARGV[1] or lease[2] ~= ARGV[2] then
  return { 0 }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
local since = struct.pack('>I8', now)
local former = redis.call('HGET', KEYS[2], ARGV[3])
local size = tonumber(redis.call('GET', KEYS[3]) or 0)
if former then
  since = string.sub(former, 1, 8)
  size = size - #former
else
  local count = redis.call('HLEN', KEYS[2])
  if count >= tonumber(ARGV[5]) or size >= tonumber(ARGV[6]) then
    return { -1, count }
  end
end
redis.call('HSET', KEYS[2], ARGV[3], since .. ARGV[4])
redis.call('SET', KEYS[3], size + #ARGV[4] + 8)
return { 1 }
