// Timers of one loop. Almost all are called off before they ring, so setting and calling off must cost next to nothing,
// and only the next one due matters.

internal import Pipeline

/// Alarms by number, and a lower bound of when the next one rings.
///
/// Setting and calling off are a store each. The bound is made exact by a look at all alarms, which happens only when it
/// is reached: about once in the shortest time in use, not once an alarm.
struct Alarms {
    private struct Slot {
        var due: ContinuousClock.Instant
        var serial: UInt64
        var sleeper: (any Sleeper)?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []
    private var serial: UInt64 = 0
    /// Alarms that are due and have not been woken yet.
    private var ringing: [AlarmID] = []
    /// No alarm rings before it. Nil: there is none.
    private(set) var earliest: ContinuousClock.Instant?

    /// Alarms that are set and have neither rung nor been called off.
    var count: Int { slots.count - free.count }

    mutating func set(at due: ContinuousClock.Instant, for sleeper: any Sleeper) -> AlarmID {
        serial += 1
        let slot = Slot(due: due, serial: serial, sleeper: sleeper)
        if let earliest, earliest <= due {} else { earliest = due }
        if let place = free.popLast() {
            slots[place] = slot
            return AlarmID(slot: place, serial: serial)
        }
        slots.append(slot)
        return AlarmID(slot: slots.count - 1, serial: serial)
    }

    /// Calls an alarm off. One that rang already is nobody's any more, and nothing happens.
    mutating func callOff(_ id: AlarmID) {
        guard slots[id.slot].serial == id.serial, slots[id.slot].sleeper != nil else { return }
        slots[id.slot].sleeper = nil
        free.append(id.slot)
        if free.count == slots.count { earliest = nil }
    }

    /// Takes out the next one who is to be woken by now, or nil. Whoever is woken may call off others that are due too:
    /// they are not woken any more.
    mutating func next(by now: ContinuousClock.Instant) -> (any Sleeper)? {
        while true {
            if ringing.isEmpty {
                guard let bound = earliest, bound <= now else { return nil }
                collect(by: now)
            }
            while let id = ringing.popLast() {
                guard slots[id.slot].serial == id.serial, let sleeper = slots[id.slot].sleeper else { continue }
                slots[id.slot].sleeper = nil
                free.append(id.slot)
                return sleeper
            }
        }
    }

    /// Finds those that are due, and when to look again.
    private mutating func collect(by now: ContinuousClock.Instant) {
        earliest = nil
        for place in slots.indices.reversed() where slots[place].sleeper != nil {
            let due = slots[place].due
            if due <= now {
                ringing.append(AlarmID(slot: place, serial: slots[place].serial))
            } else if earliest.map({ due < $0 }) ?? true {
                earliest = due
            }
        }
    }
}
