-- KEYS: the index of all interests
-- Returns the names of all interests

return redis.call('SMEMBERS', KEYS[1])
