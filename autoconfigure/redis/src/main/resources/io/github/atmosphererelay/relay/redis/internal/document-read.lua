-- KEYS[1] the document
-- Returns the document, or an empty string if there is none

return redis.call('GET', KEYS[1]) or ''
