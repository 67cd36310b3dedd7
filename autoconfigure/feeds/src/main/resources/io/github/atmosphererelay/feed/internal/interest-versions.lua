-- KEYS: the index of all interests, and interests. ARGV: the interests' names in the index
-- Returns the version of each interest, or an empty string for one that does not exist

local versions = {}
for i = 2, #KEYS do
  local version = redis.call('HGET', KEYS[i], '')
  if not version then
    redis.call('SREM', KEYS[1], ARGV[i - 1])
  end
  versions[i - 1] = version or ''
end
return versions
