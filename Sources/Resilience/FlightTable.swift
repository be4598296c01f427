// Where runs are found by those who may join them. Six times a request something is put in, looked for and taken out
// again, so it is a plain table with open addressing: no node, no hasher, no lock.

/// Flights by their keys. Holds those only that are in the air.
struct FlightTable<Outcome: Shareable> {
    private static var least: Int { 64 }

    /// By place; 0: free. A power of two of them, at most half of them taken.
    private var hashes: [UInt64]
    private var flights: [Flight<Outcome>?]
    private(set) var count = 0
    private var mask: Int { hashes.count - 1 }

    init() {
        hashes = Array(repeating: 0, count: Self.least)
        flights = Array(repeating: nil, count: Self.least)
    }

    subscript(key: FlightKey) -> Flight<Outcome>? {
        var place = Int(truncatingIfNeeded: key.hash >> 8) & mask
        while hashes[place] != 0 {
            if hashes[place] == key.hash, let flight = flights[place], flight.key?.isSame(as: key) == true {
                return flight
            }
            place = (place + 1) & mask
        }
        return nil
    }

    /// Must not be there already.
    mutating func insert(_ flight: Flight<Outcome>, _ hash: UInt64) {
        if count * 2 >= hashes.count { grow() }
        count += 1
        put(flight, hash)
    }

    /// False: it is not there.
    @discardableResult
    mutating func remove(_ flight: Flight<Outcome>, _ hash: UInt64) -> Bool {
        var place = Int(truncatingIfNeeded: hash >> 8) & mask
        while flights[place] !== flight {
            guard hashes[place] != 0 else { return false }
            place = (place + 1) & mask
        }
        count -= 1
        close(place)
        return true
    }

    /// Frees a place, and moves up what stood behind it because it was taken.
    private mutating func close(_ place: Int) {
        var hole = place
        var next = (hole + 1) & mask
        while hashes[next] != 0 {
            let home = Int(truncatingIfNeeded: hashes[next] >> 8) & mask
            if (next - home) & mask >= (next - hole) & mask {
                hashes[hole] = hashes[next]
                flights.swapAt(hole, next)
                hole = next
            }
            next = (next + 1) & mask
        }
        hashes[hole] = 0
        flights[hole] = nil
    }

    private mutating func put(_ flight: Flight<Outcome>, _ hash: UInt64) {
        var place = Int(truncatingIfNeeded: hash >> 8) & mask
        while hashes[place] != 0 { place = (place + 1) & mask }
        hashes[place] = hash
        flights[place] = flight
    }

    private mutating func grow() {
        let (old, oldHashes) = (flights, hashes)
        hashes = Array(repeating: 0, count: old.count * 2)
        flights = Array(repeating: nil, count: old.count * 2)
        for (flight, hash) in zip(old, oldHashes) {
            if let flight { put(flight, hash) }
        }
    }
}
