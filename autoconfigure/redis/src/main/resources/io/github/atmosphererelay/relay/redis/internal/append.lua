-- Appends an envelope to a channel's log, and publishes it with its position.
--
-- last KEY what is stored for the idempotency key, if there is one: id, offset and
--          epoch of the first message with it
-- ARGV[3]  the maximum number of publications in the log
-- ARGV[4]  how long to keep the publication, in milliseconds
-- ARGV[5]  the Redis channel to publish in
-- ARGV[6]  the envelope
-- ARGV[7]  with an idempotency key: the message's id
-- ARGV[8]  with an idempotency key: its window, in milliseconds
--
-- Returns the position, encoded as in a published message; or, for a duplicate, epoch,
-- offset and id of the first message with the key.
--
-- Message ids are not stored to recognize duplicates: a node never sends a command again
-- that may have been executed, and a key for each message would cost more than the log.

local remembered = ARGV[7] and KEYS[#KEYS]
if remembered then
  local first = call('GET', remembered)
  if first then
    touch()
    return { string.sub(first, 25), struct.unpack('>I8', first, 17), string.sub(first, 1, 16) }
  end
end

-- Redis refuses writes, for example for lack of memory or on a replica, at the first
-- write: an error means that nothing was appended.
local expires = now + ARGV[4]
if not known then
  call('UNLINK', stream)
end
keep(expires)
if now >= oldest + 1000 then
  expire(200)
end
top, size = top + 1, tonumber(ARGV[3])
save(call)
local id = top .. '-0'
if not call('XADD', stream, 'NOMKSTREAM', id, 'x', expires, 'e', ARGV[6]) then
  call('XADD', stream, id, 'x', expires, 'e', ARGV[6])
  longer = true
end
if longer then
  call('PEXPIREAT', stream, lasting)
end
if top % 16 == 0 then
  -- Only sometimes, because it costs as much as all the rest. Reads skip the
  -- publications in excess
  call('XTRIM', stream, 'MAXLEN', '=', ARGV[3])
end
if remembered then
  call('SET', remembered, ARGV[7] .. struct.pack('>I8', top) .. epoch, 'PX', ARGV[8])
end
-- The message is in the log now, so a node that misses this PUBLISH reads it there
local position = struct.pack('>Hc0I8', #epoch, epoch, top)
redis.pcall('PUBLISH', ARGV[5], 'AL\1' .. position .. ARGV[6])
return position
