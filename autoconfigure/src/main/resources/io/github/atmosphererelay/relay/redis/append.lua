-- Appends an envelope to a channel's log and publishes it with its position.
--
-- KEYS[3]  what is remembered of the idempotency key, if there is one: id, offset and
--          epoch of the first message with it
-- ARGV[3]  how many publications to keep
-- ARGV[4]  how long to keep them
-- ARGV[5]  the channel to publish in
-- ARGV[6]  the envelope
-- ARGV[7]  with an idempotency key, the message's id
-- ARGV[8]  with an idempotency key, how long it counts
--
-- Returns 0, epoch and offset, or 1, epoch, offset and id of the first message.
--
-- The message's id is not remembered against doubles: nodes never send a command again
-- whose fate they do not know, and a key for each message would cost more than the log.

if KEYS[3] then
  local first = call('GET', KEYS[3])
  if first then
    keep(now)
    return { 1, string.sub(first, 25), struct.unpack('>I8', first, 17), string.sub(first, 1, 16) }
  end
end

-- What Redis refuses, for want of memory, because it is a replica or cannot save, it
-- refuses at the first write: an error means that nothing was appended.
local expiry = now + ARGV[4]
keep(expiry)
top = top + 1
local offset, expires = string.format('%.0f', top), string.format('%.0f', expiry)
local id = offset .. '-0'
call('HSET', meta, 'top', offset)
if not call('XADD', stream, 'NOMKSTREAM', 'MAXLEN', '=', ARGV[3], id, 'x', expires, 'e', ARGV[6]) then
  call('XADD', stream, id, 'x', expires, 'e', ARGV[6])
  call('PEXPIREAT', stream, lasting)
  call('HSET', meta, 'oldest', expires)
elseif now >= oldest + 1000 then
  expire(200)
end
if KEYS[3] then
  call('SET', KEYS[3], ARGV[7] .. struct.pack('>I8', top) .. epoch, 'PX', ARGV[8])
end
-- The message is in the log by now, and who does not hear of it fills the gap from there
redis.pcall('PUBLISH', ARGV[5], 'AL\1' .. struct.pack('>Hc0I8', #epoch, epoch, top) .. ARGV[6])
return { 0, epoch, top }
