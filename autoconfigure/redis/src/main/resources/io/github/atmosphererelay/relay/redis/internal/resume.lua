-- Returns where a node has to continue if its position belongs to an earlier life of the
-- log, or is before the oldest publication that is left.
--
-- ARGV[3]  the epoch of the position
-- ARGV[4]  its offset, up to which the node has delivered everything
-- ARGV[5]  the greatest offset of that epoch of which the node knows a publication
--
-- Returns the present epoch, the offset after which to read, whether nothing is missing
-- for that node (1 or 0), and whether the epoch of its position is known (1 or 0).
--
-- The publications up to the end of a life are those that the life had: the next life
-- continued the log, or a shorter copy of it. So a node continues at its offset, or at the
-- end of the life if its offset is beyond that. In the latter case the log was rolled back,
-- and has lost publications that the node has. The node's report is stored for the nodes
-- that have not received them.
--
-- If all earlier lives are known but this one is not among them, it began as an unborn log
-- and was rolled back to nothing.

local asked, delivered, reached = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local size = #epoch + 17
local at, found, whole = 1, false, true
local from, complete = top, false
local name, last, reported, after
while asked ~= epoch and not found and at + size - 1 <= #lives do
  name, last, reported, after = struct.unpack(LIFE, lives, at)
  found = name == asked
  -- Of a life that the node has not seen, it gets everything that the log has
  whole = whole and (found or reported <= last)
  at = found and at or after
end
if asked ~= epoch and not found and #lives < MAX_LIVES * size then
  for ago = 0, 1 do
    found = found or string.sub(asked, 1, #birth) == unborn(ago, '')
  end
  last, reported, after = 0, 0, at + size
end
if found then
  if reached > last and reached > reported then
    reported, changed = reached, true
    lives = string.sub(lives, 1, at - 1) .. struct.pack(LIFE, asked, last, reported) .. string.sub(lives, after)
    if not known then
      call('UNLINK', stream)
      known = true
    end
  end
  from = math.min(delivered, last)
  complete = whole and math.max(reported, reached) <= math.max(delivered, last)
end
touch()
return { epoch, from, complete and 1 or 0, (found or asked == epoch) and 1 or 0 }
