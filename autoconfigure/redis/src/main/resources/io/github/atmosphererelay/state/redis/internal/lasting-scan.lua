-- KEYS[1] the states of the space, ARGV: the cursor, and about how many to return
-- Returns the next cursor, and keys with '<generation>:<offset>:<value>' in turn

local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local reply = { page[1] }
for i = 1, #page[2] do
  reply[i + 1] = page[2][i]
end
return reply
