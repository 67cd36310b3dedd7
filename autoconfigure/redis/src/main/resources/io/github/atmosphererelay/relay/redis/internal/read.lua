-- Reads a part of a channel's log, and returns the position at its end.
--
-- ARGV[3]  the maximum number of publications; 0 to return the position only
-- ARGV[4]  f forward, b backward
-- ARGV[5]  the epoch of the position to start from
-- ARGV[6]  its offset, or -1 to start from the log's beginning or end
-- ARGV[7]  the maximum number of bytes, so that other clients do not wait for long; a
--          single publication may be larger
--
-- Writes nothing for a log that does not exist.
--
-- Returns the epoch, the last offset, whether nothing is missing (1 or 0), whether there
-- may be more to read (1 or 0), and offset and envelope of each publication in turn.

local limit, since = tonumber(ARGV[3]), tonumber(ARGV[6])
local forward = ARGV[4] == 'f'
local missing = since >= 0 and (ARGV[5] ~= epoch or since > top)
if missing and since == 0 then
  -- The position may be one of the time when this log was unborn. It is valid if it was
  -- computed in the present or the previous half day: since then the log cannot have
  -- existed and disappeared
  for ago = 0, 1 do
    missing = missing and ARGV[5] ~= unborn(ago, '') .. '-' .. history
  end
end
if not known then
  return { epoch, 0, missing and 0 or 1, 0 }
end
local wanted = not missing and limit > 0 and (since ~= 0 or forward)
local expired = wanted and now >= oldest and not expire(1000)
touch()
if not wanted or expired then
  return { epoch, top, missing and 0 or 1, expired and 1 or 0 }
end
-- The stream may have some publications before this offset, which no longer count
local bound = top > size and top - size or 0
local reply = { epoch, top, 1, 1 }
local last, room, largest = since, tonumber(ARGV[7]), 0
if forward and last >= 0 and last < bound then
  return { epoch, top, 0, 0 }
end
while limit > 0 and room > 0 do
  -- Reads about as many as fit: only a few, until their size is known
  local likely = largest > 0 and math.max(1, math.floor(room / largest)) or 4
  local count = math.min(limit, 20, likely)
  local part
  if forward then
    part = call('XRANGE', stream, '(' .. (last >= 0 and last or bound) .. '-0', '+', 'COUNT', count)
  else
    part = call('XREVRANGE', stream, last >= 0 and '(' .. last .. '-0' or '+', '(' .. bound .. '-0', 'COUNT', count)
  end
  for i = 1, #part do
    local offset = tonumber(string.match(part[i][1], '^%d+'))
    if forward and last >= 0 and offset ~= last + 1 then
      return { epoch, top, 0, 0 }
    end
    local size = #part[i][2][4]
    if size > room and #reply > 4 then
      return reply
    end
    last = offset
    reply[#reply + 1] = offset
    reply[#reply + 1] = part[i][2][4]
    room = room - size
    largest = math.max(largest, size)
  end
  limit = limit - #part
  if #part < count then
    if forward and last >= 0 and last ~= top then
      return { epoch, top, 0, 0 }
    end
    reply[4] = 0
    break
  end
end
if limit == 0 then
  reply[4] = 0
end
return reply
