// Timers of one loop. Almost all are called off before they ring, so setting and calling off must cost next to nothing,
// and only the next one due matters.

/// What an alarm wakes.
package protocol Sleeper: AnyObject {
    func wake()
}

/// Names an alarm that was set.
package struct AlarmID: Sendable {
    fileprivate let slot: Int
    fileprivate let serial: UInt64
}

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
    /// No alarm rings before it. Nil: there is none.
    private(set) var earliest: ContinuousClock.Instant?

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

    /// Takes out who is to be woken by now, and finds out when to look again.
    mutating func due(by now: ContinuousClock.Instant) -> [any Sleeper] {
        guard let bound = earliest, bound <= now else { return [] }
        var woken: [any Sleeper] = []
        var next: ContinuousClock.Instant?
        for place in slots.indices {
            guard let sleeper = slots[place].sleeper else { continue }
            let due = slots[place].due
            if due <= now {
                woken.append(sleeper)
                slots[place].sleeper = nil
                free.append(place)
            } else if next.map({ due < $0 }) ?? true {
                next = due
            }
        }
        earliest = next
        return woken
    }
}
