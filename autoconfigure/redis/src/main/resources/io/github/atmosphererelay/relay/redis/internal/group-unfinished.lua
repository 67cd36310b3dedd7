-- KEYS[1] the channels of a lane in which something was left to do, a set
-- Returns the channels

return redis.call('SMEMBERS', KEYS[1])
