#!lua
-- Compares and sets one record, and appends the change to its partition's stream if somebody can see it.
-- Keys: bucket, deadlines, events, meta, present, removals, floor; then the sets of the nodes on which the user is connected
-- from now on, and of those on which they are no longer.
-- Answers: 0 and what is stored, on a conflict; 1, the revision and the number; 2, if the user was removed.
local bucket, deadlines, events, meta, present, removals, floor = unpack(KEYS, 1, 7)
local user, expected, body, nonce = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local deadline, audiences, is_present = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local time, least, known = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local length, joined = ARGV[11], tonumber(ARGV[12])

local removed = redis.call('ZSCORE', removals, user)
if removed and known < tonumber(removed) then return {2} end
local old = redis.call('HGET', bucket, user)
if (old and string.sub(old, 1, 7) or '') ~= expected then return {0, old or ''} end

local revision, was_present = time, 0
if old then
    revision = math.max(time, struct.unpack('>I7', old) + 1)
    was_present = math.floor(string.byte(old, 25) / 128)
else
    redis.call('HINCRBY', meta, 'records', 1)
end
local number, last = 0, false
if audiences > 0 then
    last = redis.call('HGET', meta, 'last') or '0'
    number = math.max(time, least, tonumber(last) + 1, tonumber(redis.call('GET', floor) or '0') + 1)
    revision = math.max(revision, number)
end
local value = struct.pack('>I7I7I6', revision, number, deadline) .. nonce
    .. string.char(audiences + 128 * is_present) .. body
redis.call('HSET', bucket, user, value)
if deadline > 0 then
    redis.call('ZADD', deadlines, deadline, user)
else
    redis.call('ZREM', deadlines, user)
end
if is_present ~= was_present then
    redis.call(is_present == 1 and 'SADD' or 'SREM', present, user)
end
for place = 8, #KEYS do
    redis.call(place < 8 + joined and 'SADD' or 'SREM', KEYS[place], user)
end
if last then
    local id = string.format('%.0f', number)
    redis.call('XADD', events, 'MAXLEN', '~', length, id .. '-0', 'p', last, 'u', user, 'a', audiences, 'r', value)
    redis.call('HSET', meta, 'last', id)
end
return {1, revision, number}
