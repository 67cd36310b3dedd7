-- Reads the ends that logs had when their channels were first added to the index, see append.lua.
--
-- KEYS: of each log
-- Returns a position or an empty string for each

local reply = redis.call('MGET', unpack(KEYS))
for i = 1, #reply do
  reply[i] = reply[i] or ''
end
return reply
