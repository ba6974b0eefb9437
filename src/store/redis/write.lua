#!lua
-- Writes documents, unless the log went on after the revision that the writer knew.
-- Keys: events, meta, floor, gone; then the hashes of the documents. Arguments: known revision, nonce, time, length, horizon, all
-- of it as an entry of the log; then of each document the place of its hash among the keys, its name (kind and id), "+" or
-- "-", and its value; "~" is a removal that is not remembered.
-- Answers: 0, or 1 and the new revision.
local events, meta, floor, gone = unpack(KEYS, 1, 4)
local known, nonce, time, length, horizon = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])

local about = redis.call('HMGET', meta, 'last', 'nonce')
local last = about[1] or '0'
-- The answer to the same write was lost.
if about[2] == nonce then return {1, tonumber(last)} end
if tonumber(last) ~= tonumber(known) then return {0} end
local number = math.max(time, tonumber(last) + 1, tonumber(redis.call('GET', floor) or '0') + 1)
for place = 7, #ARGV, 4 do
    local hash, name, sign, value = KEYS[tonumber(ARGV[place])], ARGV[place + 1], ARGV[place + 2], ARGV[place + 3]
    if sign == '+' then
        redis.call('HSET', hash, string.sub(name, 2), value)
        redis.call('ZREM', gone, name)
    else
        redis.call('HDEL', hash, string.sub(name, 2))
        if sign == '-' then redis.call('ZADD', gone, number, name) end
    end
end
redis.call('ZREMRANGEBYSCORE', gone, '-inf', '(' .. string.format('%.0f', math.max(0, number - horizon)))
local id = string.format('%.0f', number)
redis.call('XADD', events, 'MAXLEN', '~', length, id .. '-0', 'p', last, 'd', ARGV[6])
redis.call('HSET', meta, 'last', id, 'nonce', nonce)
return {1, number}
