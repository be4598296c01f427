// The door between threads.

import Foundation
import Testing

@testable import Upstream

struct InboxTests {
    private func isRung(_ inbox: Inbox) -> Bool {
        let poller = Poller()
        poller.addLevel(Poller.Token(descriptor: inbox.bell, generation: .max))
        return poller.wait(milliseconds: 0) == 1
    }

    private func take(_ inbox: Inbox) -> Int {
        var items: [Inbox.Item] = []
        inbox.take(into: &items)
        for case .work(let work) in items { work() }
        return items.count
    }

    @Test func `does not ring for a loop that is awake`() {
        let inbox = Inbox()

        inbox.put(.work {})

        #expect(!isRung(inbox))
        #expect(take(inbox) == 1)
    }

    @Test func `does not let the loop sleep on what is there`() {
        let inbox = Inbox()

        inbox.put(.work {})
        let may = inbox.mayFallAsleep()
        _ = take(inbox)

        #expect(!may)
        #expect(inbox.mayFallAsleep())
    }

    @Test func `wakes a loop that sleeps, with one ring for many items`() async {
        let inbox = Inbox()
        let mayFallAsleep = inbox.mayFallAsleep()

        await onThread { for _ in 0..<100 { inbox.put(.work {}) } }
        let isRung = isRung(inbox)
        inbox.wokeUp()
        inbox.silence()

        #expect(mayFallAsleep)
        #expect(isRung)
        #expect(!self.isRung(inbox))
        #expect(take(inbox) == 100)
    }

    @Test func `does not ring for a loop that woke up by itself`() {
        let inbox = Inbox()
        _ = inbox.mayFallAsleep()

        inbox.wokeUp()
        inbox.put(.work {})

        #expect(!isRung(inbox))
        #expect(take(inbox) == 1)
    }

    @Test func `wakes a sleeping thread`() {
        let inbox = Inbox()
        let ran = Count()
        let poller = Poller()
        poller.addLevel(Poller.Token(descriptor: inbox.bell, generation: .max))
        _ = inbox.mayFallAsleep()

        // Waiting here blocks a thread of the pool that other tasks need, so the other thread must be none of it.
        Thread.detachNewThread { inbox.put(.work { ran.add() }) }
        let count = poller.wait(milliseconds: 10_000)

        #expect(count == 1)
        #expect(take(inbox) == 1)
        #expect(ran.value == 1)
    }

    @Test func `loses nothing of what many threads leave`() async {
        let inbox = Inbox()
        let ran = Count()

        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    await onThread {
                        for _ in 0..<1000 { inbox.put(.work { ran.add() }) }
                    }
                }
            }
        }
        _ = take(inbox)

        #expect(ran.value == 8000)
    }
}
