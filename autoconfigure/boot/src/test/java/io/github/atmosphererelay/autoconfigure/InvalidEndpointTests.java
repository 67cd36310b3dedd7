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

package io.github.atmosphererelay.autoconfigure;

import java.security.Principal;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;

import io.github.atmosphererelay.endpoint.Disconnect;
import io.github.atmosphererelay.endpoint.ManagedService;
import io.github.atmosphererelay.endpoint.Message;
import io.github.atmosphererelay.endpoint.Ready;
import io.github.atmosphererelay.endpoint.RoomService;
import io.github.atmosphererelay.endpoint.Rpc;
import io.github.atmosphererelay.endpoint.internal.InvalidEndpointException;
import io.github.atmosphererelay.listening.ChannelListener;
import io.github.atmosphererelay.message.Position;
import io.github.atmosphererelay.node.internal.MessagingNode;
import io.github.atmosphererelay.session.ClientSession;
import io.github.atmosphererelay.session.DisconnectReason;
import io.github.atmosphererelay.session.SubscriptionState;
import jakarta.validation.Valid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.messaging.converter.ByteArrayMessageConverter;
import org.springframework.messaging.handler.annotation.MessageExceptionHandler;
import org.springframework.web.bind.annotation.PathVariable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for endpoints that cannot work: the application does not start, and says what to
 * change.
 */
class InvalidEndpointTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("atmosphere.relay.type=local")
		.withConfiguration(AutoConfigurations.of(AtmosphereAutoConfiguration.class,
				AtmosphereManagedServiceAutoConfiguration.class));

	private void fails(Class<?> endpoint, String description, String action) {
		fails(this.runner.withBean("theBean", endpoint), description, action);
	}

	private static void fails(ApplicationContextRunner runner, String description, String action) {
		runner.run((context) -> {
			assertThat(context).hasFailed();
			FailureAnalysis analysis = new InvalidEndpointFailureAnalyzer().analyze(context.getStartupFailure());
			assertThat(analysis).isNotNull();
			assertThat(analysis.getDescription()).contains("theBean").contains(description);
			assertThat(analysis.getAction()).contains(action);
			assertThat(analysis.getCause()).isInstanceOf(InvalidEndpointException.class);
		});
	}

	@Test
	void theAnalyzerIsFound() {
		assertThat(SpringFactoriesLoader.forDefaultResourceLocation().load(FailureAnalyzer.class, (type, name, ex) -> {
		})).hasAtLeastOneElementOfType(InvalidEndpointFailureAnalyzer.class);
	}

	@Test
	void twoEndpointsHaveTheSamePattern() {
		fails(this.runner.withBean("theBean", Good.class).withBean("otherBean", GoodToo.class),
				"'otherBean' (good/{id}) serve the same channels", "a pattern of its own");
	}

	@Test
	void aPatternIsInvalid() {
		fails(BrokenPattern.class, "'broken/{' of the endpoint 'theBean' is no valid pattern of channels",
				"chat/{room}");
		fails(NoPattern.class, "The pattern '' of the endpoint 'theBean' is no valid pattern of channels: it is empty",
				"chat/{room}");
		fails(AbsolutePattern.class, "do not begin with a slash: write 'chat'", "chat/{room}");
	}

	@Test
	void theHistoryOfARoomIsNegative() {
		fails(History.class, "have the negative history size -1",
				"Set 'history' of @RoomService of " + History.class.getName());
	}

	@Test
	void thereAreNoMethods() {
		fails(Empty.class, "has no methods", "@Message, @Rpc, @Ready or @Disconnect");
	}

	@Test
	void anRpcNameIsUsedTwiceOrAnRpcMethodHasAPathVariable() {
		fails(TwoCalls.class, "are both called 'sum'", "Set a different name in one of the annotations");
		fails(CallWithVariable.class, "a call belongs to no channel", "Let clients send the value in the message");
	}

	@Test
	void twoMethodsTakeTheSameMessages() {
		fails(TwoMessages.class, "take the same kind of message", "take a byte[]");
		fails(TwoReady.class, "has more than one @Ready method", "Keep one");
	}

	@Test
	void aParameterHasNoValue() {
		fails(ReadyWithPayload.class, "ReadyWithPayload.onReady(ClientSession, String)", "SubscriptionState");
		fails(ReadyWithReason.class, "there is no value for its parameters of type DisconnectReason",
				"SubscriptionState");
		fails(DisconnectWithState.class, "parameters of type SubscriptionState", "DisconnectReason");
		fails(TwoPayloads.class, "more than one of its parameters would take the message: String, Integer",
				"one other parameter for the message");
		fails(ExceptionWithPayload.class, "onException(IllegalStateException, Integer)", "the exception");
		fails(UnknownVariable.class, "the pattern rooms/{room} has no variable 'name'", "[room]");
	}

	@Test
	void aListenerTakesWhatOnlyASessionHas() {
		for (Class<?> bean : List.of(ListenerWithSession.class, ListenerWithPrincipal.class,
				ListenerWithOptionalSession.class, ListenerWithMessageAndSession.class)) {
			this.runner.withBean("theBean", bean).run((context) -> {
				FailureAnalysis analysis = new InvalidEndpointFailureAnalyzer().analyze(context.getStartupFailure());
				assertThat(analysis).isNotNull();
				assertThat(analysis.getDescription()).contains("'theBean'").contains(bean.getSimpleName() + ".on(");
				assertThat(analysis.getAction()).contains("A listener has no session").doesNotContain("ClientSession");
			});
		}
		fails(ListenerWithSession.class, "there is no value for its parameter of type ClientSession", "Publication");
	}

	@Test
	void aMethodTakesWhatItsKindDoesNotHave() {
		fails(MessageWithPosition.class, "there is no value for its parameter of type Position",
				"Methods take ClientSession");
		fails(ListenerWithSpringMessage.class, "there is no value for its parameter of type Message",
				"such as a String");
		fails(EndpointWithSpringMessage.class, "there is no value for its parameter of type Message",
				"such as a String");
	}

	@Test
	void aListenerBeginsWithALogThatTheChannelDoesNotHave() {
		this.runner.withBean("theBean", ListenerFromTheBeginning.class)
			.withPropertyValues("atmosphere.channels[0].pattern=live/**")
			.run((context) -> {
				FailureAnalysis analysis = new InvalidEndpointFailureAnalyzer().analyze(context.getStartupFailure());
				assertThat(analysis).isNotNull();
				assertThat(analysis.getDescription()).contains("ListenerFromTheBeginning.on");
				assertThat(analysis.getAction()).contains("'history.size'")
					.contains("remove 'start'")
					.doesNotContain("correct the name");
			});
	}

	@Test
	void aReturnTypeIsNotSupported() {
		fails(ReturnsFuture.class, "the return type Future is not supported", "CompletionStage");
	}

	@Test
	void exceptionsAreHandledTwice() {
		fails(TwoExceptions.class, "@MessageExceptionHandler methods of the endpoint 'theBean'",
				"each exception in one annotation only");
	}

	@Test
	void aConverterCannotBeMade() {
		fails(UnmadeConverter.class, NeedsString.class.getName(), "Make it a bean");
	}

	@Test
	void aModuleIsMissing() {
		fails(this.runner.withBean("theBean", WithJson.class)
			.withClassLoader(new FilteredClassLoader(JsonMapper.class)), "there is no JSON mapper to read a Draft",
				"spring-boot-starter-jackson");
		fails(WithValidation.class, "there is no validator", "spring-boot-starter-validation");
	}

	@Test
	void anEndpointWithoutFaultsStarts() {
		this.runner.withBean("theBean", Good.class)
			.withPropertyValues("atmosphere.channels[0].pattern=good/{name}", "atmosphere.channels[0].subscribe=none")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(MessagingNode.class).catalog().all()).hasSize(1);
				assertThat(context.getBean(MessagingNode.class).clientMessages().isHandled("good/1")).isTrue();
				assertThat(context.getBean(MessagingNode.class).clientMessages().isHandled("bad/1")).isFalse();
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "threads=0", "max-queued-per-session=0", "max-queued=0", "max-queued-bytes=0B",
			"max-queued-bytes-per-session=0B", "drain-timeout=-1s" })
	void aPropertyThatCannotWorkIsNamed(String property) {
		this.runner.withPropertyValues("atmosphere.endpoint." + property)
			.run((context) -> assertThat(context.getStartupFailure())
				.hasStackTraceContaining("atmosphere.endpoint." + property.substring(0, property.indexOf('='))));
	}

	record Draft(String text) {
	}

	static class ListenerWithSession {

		@ChannelListener("live/a")
		void on(ClientSession session) {
		}

	}

	static class ListenerWithPrincipal {

		@ChannelListener("live/a")
		void on(Principal principal) {
		}

	}

	static class ListenerWithOptionalSession {

		@ChannelListener("live/a")
		void on(Optional<ClientSession> session) {
		}

	}

	static class ListenerWithMessageAndSession {

		@ChannelListener("live/a")
		void on(Draft draft, ClientSession session) {
		}

	}

	static class ListenerWithSpringMessage {

		@ChannelListener("live/a")
		void on(org.springframework.messaging.Message<String> message) {
		}

	}

	static class ListenerFromTheBeginning {

		@ChannelListener(value = "live/a", start = ChannelListener.Start.BEGINNING)
		void on(String text) {
		}

	}

	@ManagedService("chat/{room}")
	static class MessageWithPosition {

		@Message
		void on(Position position) {
		}

	}

	@ManagedService("chat/{room}")
	static class EndpointWithSpringMessage {

		@Message
		void on(org.springframework.messaging.Message<String> message) {
		}

	}

	@ManagedService("calls")
	static class TwoCalls {

		@Rpc
		void sum(String theBean) {
		}

		@Rpc("sum")
		void other(String theBean) {
		}

	}

	@ManagedService("calls/{id}")
	static class CallWithVariable {

		@Rpc
		void sum(@PathVariable String id) {
		}

	}

	@ManagedService("good/{name}")
	static class Good {

		@Message
		String onMessage(byte[] bytes, @PathVariable Optional<String> name) {
			return name + " " + bytes.length;
		}

	}

	@ManagedService("good/{id}")
	static class GoodToo extends Good {

		@Override
		@Message
		String onMessage(byte[] bytes, @PathVariable("id") Optional<String> name) {
			return name + " " + bytes.length;
		}

	}

	@ManagedService("broken/{")
	static class BrokenPattern {

		@Message
		void onMessage(String text) {
		}

	}

	@ManagedService
	static class NoPattern {

		@Message
		void onMessage(String text) {
		}

	}

	@ManagedService("/chat")
	static class AbsolutePattern {

		@Message
		void onMessage(String text) {
		}

	}

	@RoomService(value = "rooms/{room}", history = -1)
	static class History {

		@Message
		void onMessage(String text) {
		}

	}

	@ManagedService("empty")
	static class Empty {

		void onMessage(String text) {
		}

	}

	@ManagedService("two")
	static class TwoMessages {

		@Message
		void onText(String text) {
		}

		@Message
		void onDraft(Draft draft) {
		}

	}

	@ManagedService("two")
	static class TwoReady {

		@Ready
		void one() {
		}

		@Ready
		void two() {
		}

	}

	@ManagedService("ready")
	static class ReadyWithPayload {

		@Ready
		void onReady(ClientSession session, String text) {
		}

	}

	@ManagedService("ready")
	static class ReadyWithReason {

		@Ready
		void onReady(DisconnectReason reason) {
		}

	}

	@ManagedService("disconnect")
	static class DisconnectWithState {

		@Disconnect
		void onDisconnect(SubscriptionState state) {
		}

	}

	@ManagedService("payloads")
	static class TwoPayloads {

		@Message
		void onMessage(String text, ClientSession session, Integer number) {
		}

	}

	@ManagedService("exception")
	static class ExceptionWithPayload {

		@Message
		void onMessage(String text) {
		}

		@MessageExceptionHandler
		void onException(IllegalStateException ex, Integer number) {
		}

	}

	@ManagedService("rooms/{room}")
	static class UnknownVariable {

		@Message
		void onMessage(String text, @PathVariable String name) {
		}

	}

	@ManagedService("future")
	static class ReturnsFuture {

		@Message
		Future<String> onMessage(String text) {
			throw new UnsupportedOperationException();
		}

	}

	@ManagedService("exceptions")
	static class TwoExceptions {

		@Message
		void onMessage(String text) {
		}

		@MessageExceptionHandler
		void one(IllegalStateException ex) {
		}

		@MessageExceptionHandler(IllegalStateException.class)
		void two() {
		}

	}

	@ManagedService("converter")
	static class UnmadeConverter {

		@Message(decoders = NeedsString.class)
		void onMessage(Draft draft) {
		}

	}

	static class NeedsString extends ByteArrayMessageConverter {

		NeedsString(String notABean) {
		}

	}

	@ManagedService("json")
	static class WithJson {

		@Message
		void onMessage(Draft draft) {
		}

	}

	@ManagedService("validation")
	static class WithValidation {

		@Message
		void onMessage(@Valid Draft draft) {
		}

	}

}
