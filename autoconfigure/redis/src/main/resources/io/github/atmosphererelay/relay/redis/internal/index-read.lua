-- Reads a page of a lane's index, or of the channels that were removed from it, in the order
-- of the times. An entry that gets a later time while the index is being read comes again, so
-- none is passed over.
--
-- KEYS[1] the channels, a sorted set by time
-- ARGV: the time and the channel after which to read; the maximum number of channels
-- Returns the server's time, then channel and time of each entry in turn

local time = redis.call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000

-- Redis orders names by bytes; > would order them by the server's locale
local function later(name, other)
  for i = 1, math.min(#name, #other) do
    local one, two = string.byte(name, i), string.byte(other, i)
    if one ~= two then
      return one > two
    end
  end
  return #name > #other
end

local from, after, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local reply = { now }
local skipped = 0
while #reply <= 2 * limit do
  local part = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', skipped, limit)
  for i = 1, #part, 2 do
    if (part[i + 1] ~= from or later(part[i], after)) and #reply <= 2 * limit then
      reply[#reply + 1] = part[i]
      reply[#reply + 1] = part[i + 1]
    end
  end
  if #part < 2 * limit then
    break
  end
  skipped = skipped + limit
end
return reply
