// Which connection has been idle longest: asked when there are too many.

/// Slots in the order they became idle. Every operation takes the same short time, and none allocates once the slots
/// were there before: it happens twice a request.
struct IdleOrder {
    private struct Link {
        var earlier = IdleOrder.end
        var later = IdleOrder.end
        var isIdle = false
    }

    private static let end = -1
    private var links: [Link] = []
    private var newest = Self.end
    /// The slot that has been idle longest.
    var oldest: Int? { first == Self.end ? nil : first }
    private var first = Self.end

    func contains(_ slot: Int) -> Bool {
        slot < links.count && links[slot].isIdle
    }

    /// `slot` became idle now.
    mutating func append(_ slot: Int) {
        guard !contains(slot) else { return }
        while links.count <= slot { links.append(Link()) }
        links[slot] = Link(earlier: newest, later: Self.end, isIdle: true)
        if newest == Self.end { first = slot } else { links[newest].later = slot }
        newest = slot
    }

    /// `slot` is busy or gone.
    mutating func remove(_ slot: Int) {
        guard contains(slot) else { return }
        let link = links[slot]
        if link.earlier == Self.end { first = link.later } else { links[link.earlier].later = link.later }
        if link.later == Self.end { newest = link.earlier } else { links[link.later].earlier = link.earlier }
        links[slot] = Link()
    }
}
