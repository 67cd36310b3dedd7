-- KEYS: the messages that were set aside in a lane, and their total size, see aside-put.lua
-- ARGV[1] the message's id
-- Returns 1 if it was there, otherwise 0

local message = redis.call('HGET', KEYS[1], ARGV[1])
if not message then
  return { 0 }
end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], tonumber(redis.call('GET', KEYS[2]) or #message) - #message)
return { 1 }
