-- Finds out which channels are not in the index of their lane.
--
-- KEYS[1] the channels of the lane, a sorted set; ARGV: channels
-- Returns those that are not there

local reply = {}
for i = 1, #ARGV do
  if not redis.call('ZSCORE', KEYS[1], ARGV[i]) then
    reply[#reply + 1] = ARGV[i]
  end
end
return reply
