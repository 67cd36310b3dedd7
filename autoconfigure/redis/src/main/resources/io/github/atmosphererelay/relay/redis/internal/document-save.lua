-- Replaces a document unless Redis has a newer one. Documents are JSON objects whose version is
-- "term", then "counter", then "digest". A document of the same version replaces the present one.
--
-- KEYS[1] the document; ARGV: the document, its term, counter and digest, the Redis channel of changes
-- Returns '1' if it was written, '0' if it was there already, '-1' if a newer one is there

local present = redis.call('GET', KEYS[1])
if present == ARGV[1] then
  return '0'
end
if present then
  local readable, old = pcall(cjson.decode, present)
  if readable and type(old) == 'table' and type(old.term) == 'number' and type(old.counter) == 'number' then
    local term = tonumber(ARGV[2])
    local counter = tonumber(ARGV[3])
    if old.term > term or (old.term == term and (old.counter > counter
        or (old.counter == counter and tostring(old.digest) > ARGV[4]))) then
      return '-1'
    end
  end
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[5], ARGV[1])
return '1'
