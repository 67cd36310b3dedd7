-- Reads the progress of a group in channels of a lane.
--
-- KEYS[1] the progress, a hash; ARGV: the channels
-- Returns a position or an empty string for each channel

local reply = redis.call('HMGET', KEYS[1], unpack(ARGV))
for i = 1, #reply do
  reply[i] = reply[i] or ''
end
return reply
