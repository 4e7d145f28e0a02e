"""Who is on duty in a team: plan, changes of the plan, gaps, readiness, and the feed of it. Pure.

The written rules. The plan comes first:

1. Weekly shifts, and shifts of a cycle of several weeks, begin on their local weekday. A date with
   shifts of its own takes those instead; else a public holiday takes Sunday's, where that is the
   rule. The day on which a shift begins decides: one that runs into a holiday stays as it is.
2. Rotations (people in sequence, each for some days) know no holidays: somebody is always on call.

Then the changes, each upon those before it, and within one kind in the order they were made:

3. A swap that both agreed to exchanges the people of two shifts.
4. An override puts somebody in another's place for a time, whatever put that other there; without
   another, it adds somebody.
5. An absence or a temporary cover takes a person off duty for a time, whatever put her there. Cover
   puts somebody else there instead: if that person is covered as well, the next one. An absence
   without cover leaves the place empty, which `gaps` shows. People who cover one another in a ring
   stay on duty: rather one told too many than nobody.

Somebody who is on duty twice at once is there once, with the better rank, then the longer duty.

When the clock changes, the clock on the wall decides: a shift starts when it first shows the start,
and ends when it last shows the end. In the doubled hour the one who goes and the one who comes are
both on duty; a time that is skipped is when the clock jumps, so that a shift that lies wholly in
what is skipped does not take place. Shifts that meet or overlap on the wall never leave a gap.
Overrides, absences and covers are instants, and need no such rule.
"""
