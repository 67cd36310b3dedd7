-- KEYS[1] the messages that were set aside in a lane, see aside-put.lua
-- ARGV: count; or list; or get, and ids
-- Returns the number of messages; or id and time of each message in turn; or each message, or an
-- empty string

if ARGV[1] == 'count' then
  return { redis.call('HLEN', KEYS[1]) }
end
local reply = {}
if ARGV[1] == 'list' then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    reply[i] = all[i]
    reply[i + 1] = struct.unpack('>I8', all[i + 1])
  end
  return reply
end
for i = 2, #ARGV do
  reply[#reply + 1] = redis.call('HGET', KEYS[1], ARGV[i]) or ''
end
return reply
