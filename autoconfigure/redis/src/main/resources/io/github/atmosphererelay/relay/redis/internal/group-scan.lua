-- Reads a part of the progress of a group in the channels of a lane, in no order.
--
-- KEYS[1] the progress, a hash; ARGV: the cursor, at first 0; about how many channels
-- Returns the next cursor, 0 at the end; then channel and position in turn

local part = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
return { part[1], unpack(part[2]) }
