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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

import io.github.atmosphererelay.cluster.ClusterNode;
import io.github.atmosphererelay.cluster.internal.DefaultCluster;
import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.session.internal.NodeIdentity;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.jspecify.annotations.Nullable;

/**
 * What nodes say to each other about tickets: one asks whether a ticket is valid, and the
 * issuer says later that the socket has to end. For any thread.
 */
public final class TicketDesk {

	static final byte REDEEM = 1;

	private static final byte END = 2;

	private static final int MAX_ENDS = 100_000;

	private final DefaultCluster cluster;

	private final RoutingStatistics statistics;

	private final TicketOffice office;

	private final TicketSockets sockets;

	private final TicketQuestions questions;

	/** What the other nodes have not confirmed yet. */
	private final Set<TicketLinks.Link> ends = ConcurrentHashMap.newKeySet();

	private final ConcurrentLinkedQueue<TicketLinks.Link> again = new ConcurrentLinkedQueue<>();

	TicketDesk(NodeIdentity identity, DefaultCluster cluster, SessionRegistry registry, RoutingStatistics statistics) {
		this.cluster = cluster;
		this.statistics = statistics;
		this.office = new TicketOffice(identity.id(), registry, System::nanoTime, statistics, this::end);
		this.sockets = new TicketSockets(registry, System::nanoTime);
		this.questions = new TicketQuestions(cluster::askRouting, System::nanoTime);
	}

	/**
	 * Return the tickets of this node.
	 * @return the tickets
	 */
	public TicketOffice office() {
		return this.office;
	}

	/**
	 * Redeem a ticket at the node that has issued it. Does not block.
	 * @param ticket the ticket
	 * @return completes on the thread that receives the answer, with the ticket's holder,
	 * or with {@code null} if it is not valid; fails with
	 * {@link TicketNotCheckedException} if too many tickets wait, or its node does not
	 * answer
	 */
	public CompletableFuture<TicketOffice.@Nullable Holder> redeem(String ticket) {
		UUID issuer = TicketOffice.issuer(ticket);
		if (issuer == null || !nodes().contains(issuer)) {
			this.statistics.countRefusedTicket(TicketRefusal.NOT_VALID);
			return CompletableFuture.completedFuture(null);
		}
		return this.questions.ask(issuer, ticket).whenComplete((holder, failure) -> {
			if (Failures.unwrap(failure) instanceof TicketNotCheckedException ex) {
				this.statistics.countRefusedTicket(ex.reason());
			}
		});
	}

	/**
	 * Count a ticket that was refused because of the socket's own log-in.
	 */
	public void refusedOtherUser() {
		this.statistics.countRefusedTicket(TicketRefusal.OTHER_USER);
	}

	/**
	 * Note the principal of a ticket's holder before it is let in.
	 * @param ticket the ticket
	 * @param principal a principal that is made for this socket alone
	 * @return whether it may be let in: not if its ticket has ended since
	 */
	public boolean admit(String ticket, Principal principal) {
		return this.sockets.admit(ticket, principal);
	}

	byte[] answer(UUID asker, byte[] body) {
		if (body.length > 0 && body[0] == TicketQuestions.REDEEM_ALL) {
			return TicketQuestions.answer(this.office, asker, body);
		}
		ByteBuffer in = ByteBuffer.wrap(body);
		byte operation = in.get();
		String ticket = StandardCharsets.UTF_8.decode(in).toString();
		if (operation == END) {
			if (asker.equals(TicketOffice.issuer(ticket))) {
				this.sockets.end(ticket);
			}
			return new byte[0];
		}
		return this.office.answer(asker, ticket);
	}

	static byte[] request(byte operation, String ticket) {
		byte[] text = ticket.getBytes(StandardCharsets.UTF_8);
		return ByteBuffer.allocate(text.length + 1).put(operation).put(text).array();
	}

	private void end(TicketLinks.Link link) {
		if (this.ends.size() < MAX_ENDS && this.ends.add(link)) {
			send(link);
		}
	}

	private void send(TicketLinks.Link link) {
		try {
			this.cluster.askRouting(link.node(), request(END, link.ticket())).whenComplete((answer, failure) -> {
				if (failure == null) {
					this.ends.remove(link);
				}
				else {
					this.again.add(link);
				}
			});
		}
		catch (RuntimeException ex) {
			this.again.add(link);
		}
	}

	/**
	 * Repeat what was not confirmed, and forget what is over. Called about every second.
	 */
	void tick() {
		Set<UUID> nodes = nodes();
		this.questions.tick(nodes);
		this.office.expire();
		this.sockets.closeEnded();
		List<TicketLinks.Link> links = new ArrayList<>();
		for (TicketLinks.Link link = this.again.poll(); link != null; link = this.again.poll()) {
			links.add(link);
		}
		for (TicketLinks.Link link : links) {
			if (nodes.contains(link.node())) {
				send(link);
			}
			else {
				// Its sockets have ended with it
				this.ends.remove(link);
			}
		}
	}

	private Set<UUID> nodes() {
		return this.cluster.nodes().stream().map(ClusterNode::id).collect(Collectors.toCollection(HashSet::new));
	}

}
