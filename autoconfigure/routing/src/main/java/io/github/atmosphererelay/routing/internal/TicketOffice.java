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

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

import io.github.atmosphererelay.message.internal.WireReader;
import io.github.atmosphererelay.message.internal.WireWriter;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.jspecify.annotations.Nullable;

/**
 * The tickets that this node has issued. A ticket lets its holder open one socket at
 * another node as the principal for whom it was issued, within 30 seconds. The other node
 * asks this one, which gives each ticket out once: so a ticket is used once in the whole
 * cluster, and not at all while this node is down. A ticket that was issued within an
 * HTTP session stays linked to it after its use, so that the end of the HTTP session ends
 * the socket. For any thread.
 */
public final class TicketOffice {

	/** How long a ticket is valid. */
	public static final Duration VALID = Duration.ofSeconds(30);

	static final int MAX_TICKETS = 100_000;

	static final int MAX_TICKETS_PER_USER = 20;

	/** A bound on what one ticket keeps: the name and the authorities, in characters. */
	static final int MAX_HOLDER_LENGTH = 16_384;

	/** A bound on what all tickets keep, in characters. */
	static final long MAX_TOTAL_LENGTH = 16_000_000;

	private static final int ID_LENGTH = 36;

	private static final int SECRET_LENGTH = 32;

	private static final String PREFIX = "atmosphere-ticket.";

	private static final int MAX_STRING = 65_536;

	private final UUID node;

	private final SessionRegistry registry;

	private final LongSupplier clock;

	private final RoutingStatistics statistics;

	private final TicketLinks links;

	private volatile Predicate<String> ended = (httpSession) -> false;

	private final SecureRandom random = new SecureRandom();

	/** The oldest first. Guarded by itself, as are the counts. */
	private final Map<String, Ticket> tickets = new LinkedHashMap<>();

	private final Map<String, Integer> byUser = new HashMap<>();

	/** Guarded by the tickets. */
	private long totalLength;

	/**
	 * Create an office.
	 * @param ends ends a socket that was opened with a ticket; must not block
	 */
	TicketOffice(UUID node, SessionRegistry registry, LongSupplier clock, RoutingStatistics statistics,
			Consumer<TicketLinks.Link> ends) {
		this.node = node;
		this.statistics = statistics;
		this.links = new TicketLinks(ends);
		this.registry = registry;
		this.clock = clock;
	}

	/**
	 * Return whether a token has the form of a ticket, valid or not.
	 * @param token what a client has sent as its token
	 * @return whether no application can have issued it
	 */
	public static boolean isTicket(String token) {
		return token.startsWith(PREFIX);
	}

	/**
	 * Set who knows which HTTP sessions have ended.
	 * @param ended returns whether the HTTP session of an id has ended
	 */
	public void httpSessions(Predicate<String> ended) {
		this.ended = ended;
	}

	/**
	 * Note that an HTTP session has ended. Its tickets are refused, and sockets that were
	 * opened with them are closed.
	 * @param httpSession the id of the HTTP session
	 */
	public void httpSessionEnded(String httpSession) {
		synchronized (this.tickets) {
			this.tickets.entrySet()
				.stream()
				.filter((each) -> httpSession.equals(each.getValue().httpSession()))
				.map(Map.Entry::getKey)
				.toList()
				.forEach(this::take);
		}
		this.links.ended(httpSession);
	}

	/**
	 * Note that an HTTP session has another id now, as after a log-in.
	 * @param before the id before
	 * @param now the id now
	 */
	public void httpSessionIdChanged(String before, String now) {
		synchronized (this.tickets) {
			this.tickets.replaceAll((text, ticket) -> before.equals(ticket.httpSession())
					? new Ticket(ticket.holder(), now, ticket.issuedAt()) : ticket);
		}
		this.links.renamed(before, now);
	}

	/**
	 * Return the node that has issued a ticket.
	 * @param token what a client has sent as its token
	 * @return the node's id, or {@code null} if the token does not have a ticket's form
	 */
	public static @Nullable UUID issuer(String token) {
		if (!token.startsWith(PREFIX)) {
			return null;
		}
		int dot = token.indexOf('.', PREFIX.length());
		if (dot != PREFIX.length() + ID_LENGTH || token.length() != dot + 1 + SECRET_LENGTH) {
			return null;
		}
		try {
			return UUID.fromString(token.substring(PREFIX.length(), dot));
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	/**
	 * Issue a ticket.
	 * @param holder the principal's name, authorities, and when its authentication
	 * expires
	 * @param httpSession the id of the HTTP session that proves who the holder is, or
	 * {@code null}
	 * @return the ticket, or {@code null} if too many tickets are out, or the holder has
	 * too many authorities; that is counted
	 */
	public @Nullable String issue(Holder holder, @Nullable String httpSession) {
		byte[] secret = new byte[24];
		this.random.nextBytes(secret);
		String ticket = PREFIX + this.node + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
		long now = this.clock.getAsLong();
		synchronized (this.tickets) {
			expire(now);
			int ofUser = this.byUser.getOrDefault(holder.user(), 0);
			if (this.tickets.size() >= MAX_TICKETS || ofUser >= MAX_TICKETS_PER_USER
					|| holder.length() > MAX_HOLDER_LENGTH || this.totalLength + holder.length() > MAX_TOTAL_LENGTH) {
				this.statistics.countRefusedTicket(TicketRefusal.NOT_ISSUED);
				return null;
			}
			this.totalLength += holder.length();
			this.byUser.put(holder.user(), ofUser + 1);
			this.tickets.put(ticket, new Ticket(holder, httpSession, now));
		}
		return ticket;
	}

	/**
	 * Forget tickets that are too old.
	 */
	void expire() {
		synchronized (this.tickets) {
			expire(this.clock.getAsLong());
		}
	}

	private void expire(long now) {
		while (!this.tickets.isEmpty()) {
			Map.Entry<String, Ticket> oldest = this.tickets.entrySet().iterator().next();
			if (now - oldest.getValue().issuedAt() < VALID.toNanos()) {
				return;
			}
			take(oldest.getKey());
		}
	}

	private @Nullable Ticket take(String text) {
		Ticket ticket = this.tickets.remove(text);
		if (ticket != null) {
			this.totalLength -= ticket.holder().length();
			this.byUser.computeIfPresent(ticket.holder().user(), (user, count) -> (count > 1) ? count - 1 : null);
		}
		return ticket;
	}

	/**
	 * Take a ticket back.
	 * @param text the ticket
	 * @param asker the node at which its holder opens a socket
	 * @return its holder, or {@code null} if the ticket is not valid: used, late, forged,
	 * or the holder has logged out
	 */
	@Nullable Holder redeem(String text, UUID asker) {
		Holder holder = take(text, asker);
		if (holder == null) {
			this.statistics.countRefusedTicket(TicketRefusal.NOT_VALID);
		}
		return holder;
	}

	private @Nullable Holder take(String text, UUID asker) {
		long now = this.clock.getAsLong();
		Ticket ticket;
		synchronized (this.tickets) {
			expire(now);
			ticket = take(text);
		}
		if (ticket == null || now - ticket.issuedAt() >= VALID.toNanos()
				|| this.registry.wasDisconnected(ticket.holder().user(), ticket.issuedAt())) {
			return null;
		}
		Instant expiresAt = ticket.holder().expiresAt();
		String httpSession = ticket.httpSession();
		if ((expiresAt != null && !expiresAt.isAfter(Instant.now()))
				|| (httpSession != null && this.ended.test(httpSession))) {
			return null;
		}
		if (httpSession != null) {
			this.links.add(httpSession, new TicketLinks.Link(asker, text));
			if (this.ended.test(httpSession)) {
				// It has ended since
				this.links.ended(httpSession);
				return null;
			}
		}
		return ticket.holder();
	}

	byte[] answer(UUID asker, String request) {
		return write(redeem(request, asker));
	}

	static byte[] write(@Nullable Holder holder) {
		WireWriter out = new WireWriter();
		out.writeByte((holder != null) ? 1 : 0);
		if (holder != null) {
			out.writeString(holder.user());
			out.writeLong((holder.expiresAt() != null) ? holder.expiresAt().toEpochMilli() : Long.MAX_VALUE);
			out.writeInt(holder.authorities().size());
			holder.authorities().forEach(out::writeString);
		}
		return out.toByteArray();
	}

	static @Nullable Holder read(byte[] answer) {
		WireReader in = new WireReader(answer);
		return (in.readByte() != 0) ? readHolder(in) : null;
	}

	static Holder readHolder(WireReader in) {
		String user = in.readString(MAX_STRING);
		long expiresAt = in.readLong();
		List<String> authorities = new ArrayList<>();
		for (int left = in.readCount(); left > 0; left--) {
			authorities.add(in.readString(MAX_STRING));
		}
		return new Holder(user, authorities, (expiresAt != Long.MAX_VALUE) ? Instant.ofEpochMilli(expiresAt) : null);
	}

	/**
	 * For whom a ticket was issued.
	 *
	 * @param user the name of the principal
	 * @param authorities the principal's authorities
	 * @param expiresAt when the authentication expires, or {@code null}
	 */
	public record Holder(String user, List<String> authorities, @Nullable Instant expiresAt) {

		public Holder {
			authorities = List.copyOf(authorities);
		}

		int length() {
			return user().length() + authorities().stream().mapToInt(String::length).sum();
		}

	}

	/**
	 * A ticket that is out.
	 */
	private record Ticket(Holder holder, @Nullable String httpSession, long issuedAt) {
	}

}
