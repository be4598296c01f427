// What memories of answers are tested on: a made-up clock, and answers of any age and size.

import Pipeline

@testable import Resilience

/// A clock, what is counted, and the words to say what is kept and asked for.
struct KeptAnswersBench {
    static let someone = CoalescingBench.someone()
    let loop = ScriptedLoop()
    let room = AnswerRoom(loops: 1)
    let count = SharedCount()

    func memory(for limit: Duration = .milliseconds(500), most: Int = 1_000_000) -> KeptAnswers {
        KeptAnswers(for: limit, most: most, of: room, count: count, on: loop)
    }

    func part(_ outcome: RequestRecord.Outcome = .fetched, coalescedWith leader: String? = nil)
        -> RequestRecord.Part
    {
        RequestRecord.Part(
            name: "contact", started: loop.now, ended: loop.now, outcome: outcome, attempts: 1, coalescedWith: leader)
    }

    /// An answer whose run began so long ago.
    func answer(
        _ leader: String = "a", began ago: Duration = .zero, size: Int = 10,
        of parts: [RequestRecord.Part] = []
    ) -> PlanAnswer {
        PlanAnswer(
            .success(Array(repeating: 0x20, count: size)), parts: parts, leader: leader, began: loop.now - ago)
    }

    func keep(
        _ answer: PlanAnswer, in memory: KeptAnswers, _ path: String = "/1", by principal: Principal = someone
    ) {
        memory.keep(.success(answer), path, principal, at: loop.now)
    }

    func leader(_ memory: KeptAnswers, _ path: String = "/1", by principal: Principal = someone) -> String? {
        memory.find(path, principal, at: loop.now)?.leader
    }
}
