/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.routing.internal;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;

import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import io.github.atmosphererelay.routing.internal.TicketOffice.Holder;
import org.jspecify.annotations.Nullable;

/**
 * Asks other nodes about their tickets. When many tickets come at once, as after the
 * death of a node, the tickets of one issuer wait in a queue, and one question asks about
 * many of them. No thread waits. Each issuer has a queue of its own, so that one that is
 * slow, or for which tickets are forged, does not delay the tickets of others. For any
 * thread; does not block.
 */
final class TicketQuestions {

	/** How many tickets wait, of all issuers: a bound on memory, less than 10 MB. */
	static final int MAX_WAITING = 10_000;

	/** How many of these one node may have issued. */
	static final int MAX_WAITING_OF_ISSUER = 2_000;

	/** How many questions to one issuer have no answer yet. */
	static final int MAX_QUESTIONS = 4;

	/** How many tickets one question is about. */
	static final int MAX_TICKETS = 100;

	/** How long a ticket waits until its issuer is asked. */
	static final Duration PATIENCE = Duration.ofSeconds(3);

	private static final int MAX_TICKET_LENGTH = 200;

	/** An answer that is larger leaves the remaining tickets for another question. */
	private static final int MAX_ANSWER = 128 * 1_024;

	/** Begins a question about several tickets and its answer. */
	static final byte REDEEM_ALL = 3;

	private static final byte NOT_VALID = 0;

	private static final byte ASK_AGAIN = 2;

	private final BiFunction<UUID, byte[], CompletableFuture<byte[]>> wire;

	private final LongSupplier clock;

	private final Map<UUID, Issuer> issuers = new ConcurrentHashMap<>();

	private final AtomicInteger waiting = new AtomicInteger();

	/**
	 * Create questions.
	 * @param wire sends a question to a node and returns the future of its answer; must
	 * not block
	 * @param clock as {@link System#nanoTime()}
	 */
	TicketQuestions(BiFunction<UUID, byte[], CompletableFuture<byte[]>> wire, LongSupplier clock) {
		this.wire = wire;
		this.clock = clock;
	}

	/**
	 * Ask whether a ticket is valid.
	 * @param issuer the node that is asked; must be one of the cluster
	 * @param ticket the ticket
	 * @return completes on the thread that receives the answer, with the ticket's holder
	 * or with {@code null} if it is not valid; fails with
	 * {@link TicketNotCheckedException}
	 */
	CompletableFuture<@Nullable Holder> ask(UUID issuer, String ticket) {
		Waiting asked = new Waiting(ticket, this.clock.getAsLong(), new CompletableFuture<>());
		Issuer node = this.issuers.computeIfAbsent(issuer, Issuer::new);
		if (this.waiting.incrementAndGet() > MAX_WAITING || !node.add(asked)) {
			this.waiting.decrementAndGet();
			asked.fail(TicketRefusal.TOO_MANY);
		}
		else {
			send(node);
		}
		return asked.result();
	}

	/**
	 * Refuse tickets that have waited too long, and forget nodes that are gone. Called
	 * about every second.
	 * @param nodes the nodes of the cluster
	 */
	void tick(Set<UUID> nodes) {
		this.issuers.values().forEach(this::expire);
		this.issuers.keySet().retainAll(nodes);
	}

	private void expire(Issuer issuer) {
		List<Waiting> late = issuer.late(this.clock.getAsLong());
		this.waiting.addAndGet(-late.size());
		late.forEach((each) -> each.fail(TicketRefusal.TOO_MANY));
	}

	/**
	 * Send what may be sent. A question that fails at once comes back here, so this is a
	 * loop of one thread and no recursion.
	 */
	private void send(Issuer issuer) {
		int calls = issuer.calls.incrementAndGet();
		if (calls != 1) {
			return;
		}
		do {
			expire(issuer);
			for (List<Waiting> next = issuer.next(); !next.isEmpty(); next = issuer.next()) {
				this.waiting.addAndGet(-next.size());
				question(issuer, next);
			}
			calls = issuer.calls.addAndGet(-calls);
		}
		while (calls != 0);
	}

	private void question(Issuer issuer, List<Waiting> tickets) {
		CompletableFuture<byte[]> answer;
		try {
			answer = this.wire.apply(issuer.node, (tickets.size() == 1)
					? TicketDesk.request(TicketDesk.REDEEM, tickets.get(0).ticket()) : write(tickets));
		}
		catch (RuntimeException ex) {
			answer = CompletableFuture.failedFuture(ex);
		}
		answer.whenComplete((bytes, failure) -> {
			List<Waiting> again = List.of();
			try {
				if (bytes != null) {
					again = answered(issuer, tickets, bytes);
				}
			}
			finally {
				List<Waiting> back = again;
				// Those that have their answer stay as they are
				tickets.stream()
					.filter((each) -> !back.contains(each))
					.forEach((each) -> each.fail(TicketRefusal.NO_ANSWER));
				this.waiting.addAndGet(again.size());
				issuer.done(again);
				send(issuer);
			}
		});
	}

	/**
	 * Return the tickets that have to be asked about again.
	 */
	private static List<Waiting> answered(Issuer issuer, List<Waiting> tickets, byte[] answer) {
		if (tickets.size() == 1) {
			tickets.get(0).result().complete(TicketOffice.read(answer));
			return List.of();
		}
		WireReader in = new WireReader(answer);
		if (in.readByte() != REDEEM_ALL) {
			// A node of an earlier release has redeemed none of them
			issuer.takesOne = true;
			return tickets;
		}
		List<Waiting> again = new ArrayList<>(0);
		for (Waiting each : tickets) {
			byte kind = in.readByte();
			if (kind == ASK_AGAIN) {
				again.add(each);
			}
			else {
				each.result().complete((kind != NOT_VALID) ? TicketOffice.readHolder(in) : null);
			}
		}
		return again;
	}

	private static byte[] write(List<Waiting> tickets) {
		return question(tickets.stream().map(Waiting::ticket).toList());
	}

	/**
	 * Return the bytes of a question about several tickets.
	 */
	static byte[] question(List<String> tickets) {
		WireWriter out = new WireWriter();
		out.writeByte(REDEEM_ALL);
		out.writeInt(tickets.size());
		tickets.forEach(out::writeString);
		return out.toByteArray();
	}

	/**
	 * Answer a question about several tickets.
	 * @param office has issued them
	 * @param asker the node that asks
	 * @param body the question
	 * @return the answers in the same order
	 */
	static byte[] answer(TicketOffice office, UUID asker, byte[] body) {
		WireReader in = new WireReader(body);
		in.readByte();
		int count = in.readCount();
		if (count > MAX_TICKETS) {
			throw new IllegalArgumentException("A question about " + count + " tickets");
		}
		WireWriter out = new WireWriter();
		out.writeByte(REDEEM_ALL);
		int length = 0;
		for (; count > 0; count--) {
			String ticket = in.readString(MAX_TICKET_LENGTH);
			if (length >= MAX_ANSWER) {
				out.writeByte(ASK_AGAIN);
				continue;
			}
			byte[] answer = office.answer(asker, ticket);
			length += answer.length;
			out.write(answer);
		}
		return out.toByteArray();
	}

	/**
	 * A node that has issued tickets.
	 */
	private static final class Issuer {

		private final UUID node;

		private final AtomicInteger calls = new AtomicInteger();

		/** The oldest first. Guarded by this issuer, as is the number of questions. */
		private final Deque<Waiting> queue = new ArrayDeque<>();

		private int questions;

		/** Whether the node answers questions about one ticket alone. */
		private volatile boolean takesOne;

		Issuer(UUID node) {
			this.node = node;
		}

		synchronized boolean add(Waiting ticket) {
			return this.queue.size() < MAX_WAITING_OF_ISSUER && this.queue.add(ticket);
		}

		synchronized List<Waiting> late(long now) {
			List<Waiting> late = new ArrayList<>(0);
			while (!this.queue.isEmpty() && now - this.queue.peek().since() > PATIENCE.toNanos()) {
				late.add(this.queue.remove());
			}
			return late;
		}

		synchronized List<Waiting> next() {
			if (this.queue.isEmpty() || this.questions >= MAX_QUESTIONS) {
				return List.of();
			}
			this.questions++;
			List<Waiting> next = new ArrayList<>();
			int count = this.takesOne ? 1 : MAX_TICKETS;
			while (next.size() < count && !this.queue.isEmpty()) {
				next.add(this.queue.remove());
			}
			return next;
		}

		synchronized void done(List<Waiting> again) {
			this.questions--;
			for (int i = again.size() - 1; i >= 0; i--) {
				this.queue.addFirst(again.get(i));
			}
		}

	}

	/**
	 * A ticket that waits.
	 */
	private record Waiting(String ticket, long since, CompletableFuture<@Nullable Holder> result) {

		void fail(TicketRefusal reason) {
			this.result.completeExceptionally(new TicketNotCheckedException(reason));
		}

	}

}
