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

package io.github.atmosphererelay.listening.internal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import io.github.atmosphererelay.listening.ListenOptions;
import io.github.atmosphererelay.message.ChannelItem;
import io.github.atmosphererelay.relay.local.internal.LocalRelay;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.testng.SkipException;
import org.testng.annotations.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The rules of Reactive Streams, as their own test kit verifies them. It is written for
 * TestNG; its tests are run here as dynamic ones.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReactiveStreamsTests {

	private static final int PUBLISHED = 500;

	private final ListeningFixture node = new ListeningFixture(new LocalRelay()).start();

	private final AtomicInteger channels = new AtomicInteger();

	@AfterAll
	void stop() {
		this.node.close();
	}

	@TestFactory
	Stream<DynamicTest> recordedChannels() {
		return tests((elements) -> {
			String channel = "log/" + this.channels.incrementAndGet();
			this.node.publish(channel, 0, (int) Math.min(elements, PUBLISHED));
			return this.node.subscriber.publisher(channel, ListenOptions.fromBeginning());
		});
	}

	@TestFactory
	Stream<DynamicTest> ephemeralChannels() {
		return tests((elements) -> {
			String channel = "chat/" + this.channels.incrementAndGet();
			Flow.Publisher<ChannelItem> publisher = this.node.subscriber.publisher(channel);
			return (subscriber) -> {
				publisher.subscribe(subscriber);
				this.node.publish(channel, 0, (int) Math.min(elements, PUBLISHED));
			};
		});
	}

	private static Stream<DynamicTest> tests(Publishers publishers) {
		assertThat(FlowPublisherVerification.class.getMethods())
			.filteredOn((method) -> method.isAnnotationPresent(Test.class))
			.extracting(Method::getName)
			.contains("required_spec101_subscriptionRequestMustResultInTheCorrectNumberOfProducedElements",
					"stochastic_spec103_mustSignalOnMethodsSequentially",
					"required_spec303_mustNotAllowUnboundedRecursion",
					"required_spec309_requestZeroMustSignalIllegalArgumentException",
					"required_spec317_mustSupportACumulativePendingElementCountUpToLongMaxValue");
		return Arrays.stream(FlowPublisherVerification.class.getMethods())
			.filter((method) -> method.isAnnotationPresent(Test.class))
			.map((method) -> DynamicTest.dynamicTest(method.getName(), () -> run(method, publishers)));
	}

	private static void run(Method method, Publishers publishers) throws Throwable {
		Verification verification = new Verification(publishers);
		verification.setUp();
		try {
			method.invoke(verification);
		}
		catch (InvocationTargetException ex) {
			Assumptions.assumeFalse(ex.getCause() instanceof SkipException, ex.getCause().getMessage());
			throw ex.getCause();
		}
	}

	private interface Publishers {

		Flow.Publisher<ChannelItem> publisher(long elements);

	}

	private static final class Verification extends FlowPublisherVerification<ChannelItem> {

		private final Publishers publishers;

		Verification(Publishers publishers) {
			// Long, because two busy processors may need it; what must not happen is
			// waited for 50 ms
			super(new TestEnvironment(3000, 50));
			this.publishers = publishers;
		}

		@Override
		public Flow.Publisher<ChannelItem> createFlowPublisher(long elements) {
			return this.publishers.publisher(elements);
		}

		@Override
		public Flow.@Nullable Publisher<ChannelItem> createFailedFlowPublisher() {
			return null;
		}

		@Override
		public long maxElementsFromPublisher() {
			return publisherUnableToSignalOnComplete();
		}

	}

}
