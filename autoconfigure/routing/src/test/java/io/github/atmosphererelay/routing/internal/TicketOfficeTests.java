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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

import io.github.atmosphererelay.routing.internal.TicketOffice.Holder;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.internal.SessionRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TicketOffice}.
 */
class TicketOfficeTests {

	private static final Holder ADA = new Holder("ada", List.of("ROLE_USER"), null);

	private final UUID node = UUID.randomUUID();

	private final SessionRegistry registry = new SessionRegistry();

	private final AtomicLong clock = new AtomicLong(System.nanoTime());

	private final UUID other = UUID.randomUUID();

	private final RoutingStatistics statistics = new RoutingStatistics();

	private final List<TicketLinks.Link> ends = new ArrayList<>();

	private final Set<String> endedSessions = new HashSet<>();

	private final TicketOffice office = new TicketOffice(this.node, this.registry, this.clock::get, this.statistics,
			this.ends::add);

	@Test
	void aTicketNamesItsNodeAndIsGivenOutOnce() {
		String ticket = issue(ADA);
		assertThat(TicketOffice.issuer(ticket)).isEqualTo(this.node);
		assertThat(TicketOffice.read(this.office.answer(this.other, ticket))).isEqualTo(ADA);
		assertThat(TicketOffice.read(this.office.answer(this.other, ticket))).isNull();
	}

	@Test
	void aTicketIsRefusedAfterThirtySeconds() {
		String inTime = issue(ADA);
		String late = issue(ADA);
		this.clock.addAndGet(TicketOffice.VALID.toNanos() - 1);
		assertThat(this.office.redeem(inTime, this.other)).isEqualTo(ADA);
		this.clock.incrementAndGet();
		assertThat(this.office.redeem(late, this.other)).isNull();
	}

	@Test
	void aForgedTicketIsRefused() {
		String ticket = issue(ADA);
		assertThat(this.office.redeem(ticket.substring(0, ticket.length() - 1) + "!", this.other)).isNull();
		assertThat(TicketOffice.issuer(ticket + "x")).isNull();
		assertThat(TicketOffice.isTicket("atmosphere-ticket.nobody.x")).isTrue();
		assertThat(TicketOffice.issuer("atmosphere-ticket.nobody.x")).isNull();
		assertThat(TicketOffice.issuer("atmosphere-ticket.")).isNull();
		assertThat(TicketOffice.issuer("eyJhbGciOiJIUzI1NiJ9.e30.x")).isNull();
	}

	@Test
	void aLogOutEndsTheTicketsOfThatPrincipalAlone() {
		String ada = issue(ADA);
		Holder bob = new Holder("bob", List.of(), null);
		String other = issue(bob);
		this.clock.set(System.nanoTime());
		this.registry.disconnectUser("ada", CloseReason.LOGGED_OUT);
		assertThat(this.office.redeem(ada, this.other)).isNull();
		assertThat(this.office.redeem(other, this.other)).isEqualTo(bob);
	}

	@Test
	void theEndOfTheHttpSessionEndsItsTickets() {
		this.office.httpSessions(this.endedSessions::contains);
		String ticket = this.office.issue(ADA, "1");
		String other = this.office.issue(ADA, "2");
		this.endedSessions.add("1");
		assertThat(this.office.redeem(ticket, this.other)).isNull();
		assertThat(this.office.redeem(other, this.other)).isEqualTo(ADA);
		assertThat(this.ends).isEmpty();
	}

	@Test
	void theEndOfTheHttpSessionEndsTheSocketsThatWereOpenedWithItsTickets() {
		String ticket = this.office.issue(ADA, "before");
		String ofAnother = this.office.issue(ADA, "2");
		String unused = this.office.issue(ADA, "before");
		this.office.httpSessionIdChanged("before", "after");
		assertThat(this.office.redeem(ticket, this.other)).isEqualTo(ADA);
		assertThat(this.office.redeem(ofAnother, this.other)).isEqualTo(ADA);
		this.office.httpSessionEnded("after");
		assertThat(this.ends).containsExactly(new TicketLinks.Link(this.other, ticket));
		assertThat(this.office.redeem(unused, this.other)).isNull();
		this.office.httpSessionEnded("after");
		assertThat(this.ends).hasSize(1);
	}

	@Test
	void anHttpSessionThatHasVeryManySocketsLosesTheOldestOnes() {
		for (int i = 0; i <= TicketLinks.MAX_PER_HTTP_SESSION; i++) {
			assertThat(this.office.redeem(this.office.issue(ADA, "1"), this.other)).isEqualTo(ADA);
		}
		assertThat(this.ends).hasSize(1);
	}

	@Test
	void aHolderWithTooManyAuthoritiesGetsNoTicketAndThatIsCounted() {
		Holder large = new Holder("ada", List.of("x".repeat(TicketOffice.MAX_HOLDER_LENGTH)), null);
		assertThat(this.office.issue(large, null)).isNull();
		assertThat(this.statistics.refusedTickets(TicketRefusal.NOT_ISSUED)).isOne();
	}

	@Test
	void aTicketEndsWithTheTokenOfItsPrincipal() {
		String expired = issue(new Holder("ada", List.of(), Instant.now().minusSeconds(1)));
		Instant later = Instant.now().plusSeconds(60).truncatedTo(ChronoUnit.MILLIS);
		String valid = issue(new Holder("ada", List.of(), later));
		assertThat(this.office.redeem(expired, this.other)).isNull();
		Holder holder = TicketOffice.read(this.office.answer(this.other, valid));
		assertThat(holder).isNotNull();
		assertThat(holder.expiresAt()).isEqualTo(later);
	}

	@Test
	void aUserHasALimitedNumberOfTicketsAndGetsRoomAgain() {
		for (int i = 0; i < TicketOffice.MAX_TICKETS_PER_USER; i++) {
			assertThat(this.office.issue(ADA, null)).isNotNull();
		}
		assertThat(this.office.issue(ADA, null)).isNull();
		assertThat(this.office.issue(new Holder("bob", List.of(), null), null)).isNotNull();
		this.clock.addAndGet(Duration.ofSeconds(31).toNanos());
		assertThat(this.office.issue(ADA, null)).isNotNull();
	}

	private String issue(Holder holder) {
		String ticket = this.office.issue(holder, null);
		assertThat(ticket).isNotNull();
		return ticket;
	}

	/**
	 * The vector follows {@code src/docs/wire-format.md}, and was made without the code.
	 */
	@Test
	void anAnswerHasTheDocumentedBytes() throws IOException {
		String hex = """
				0100000003616e6e0000019b76daa8000000000100000009524f4c455f555345
				52
				""";
		Holder holder = new Holder("ann", List.of("ROLE_USER"), Instant.ofEpochMilli(1_767_225_600_000L));
		byte[] bytes = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
		assertThat(TicketOffice.write(holder)).isEqualTo(bytes);
		assertThat(TicketOffice.read(bytes)).isEqualTo(holder);
		assertThat(TicketOffice.write(null)).containsExactly(0);
		assertThat(TicketOffice.read(new byte[] { 0 })).isNull();
		assertThat(Files.readString(Path.of("..", "..", "src", "docs", "wire-format.md"))).contains(hex.strip());
	}

}
