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

package io.github.atmosphererelay.listening;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a method of a bean that is called for every message in a channel, or in all
 * channels that a pattern covers: on every node that runs the bean or, with a
 * {@link #group()}, on one of them.
 * <p>
 * One parameter takes the message: a {@code String} or {@code byte[]} takes it unchanged,
 * another type is read from JSON and, with {@code @Valid} or {@code @Validated},
 * validated. Further parameters can be {@link io.github.atmosphererelay.message.Position
 * Position}, which is {@code null} in an ephemeral channel,
 * {@link io.github.atmosphererelay.message.MessageId MessageId},
 * {@link io.github.atmosphererelay.message.Publication Publication},
 * {@link io.github.atmosphererelay.message.Payload Payload},
 * {@link io.github.atmosphererelay.broadcast.Broadcaster Broadcaster}, and those with
 * {@code @Header} or {@code @Headers} of Spring Messaging, and with {@code @PathVariable}
 * for the variables of a pattern.
 * <p>
 * The method returns nothing, or a {@code CompletionStage}: then the next message comes
 * when that has completed, and the stop of the node waits for it for
 * {@code atmosphere.endpoint.drain-timeout}. If it fails, the exception goes to a
 * {@code @MessageExceptionHandler} method of the bean or else to the application log, the
 * failure is counted, and the next message follows; the message does not come again. The
 * bean must be a singleton. If messages are missing, the application event
 * {@link io.github.atmosphererelay.event.MessagesMissed MessagesMissed} says so.
 * <p>
 * With a group, {@code @PathVariable} parameters take the variables of the pattern. If
 * the method fails and no {@code @MessageExceptionHandler} method of the bean returns for
 * the exception, the message is tried again after a pause, and set aside after the last
 * attempt, as the application event
 * {@link io.github.atmosphererelay.event.GroupMessageSetAside GroupMessageSetAside} says.
 * A message can come a second time, with the same id, after a node has died.
 * <p>
 * Threads: the method is called for one message after another, in the order of
 * {@link ChannelSubscriber}, on a thread that it may block. This holds for all channels
 * of a pattern together: one method is called for one message at a time. With a group, it
 * is called for messages of several channels at once.
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface ChannelListener {

	/**
	 * The channel's name, or a pattern such as <code>orders/{id}</code>, whose channels
	 * need the option {@code buckets} unless the method is in a {@link #group()}. May
	 * contain placeholders, for example <code>${app.channel}</code>.
	 * @return the name or pattern
	 */
	String value();

	/**
	 * The name of a group of nodes that share the messages of recorded channels: each
	 * message is handled by one of them, in order within a channel, at least once. What
	 * was handled is known after a restart. A group belongs to one method. May contain
	 * placeholders.
	 * @return the name, of letters, digits, dots, dashes and underscores; empty if every
	 * node gets every message
	 */
	String group() default "";

	/**
	 * Where the listener begins when the node starts. With a {@link #group()}, where the
	 * group begins when its first node joins; later it goes on where it was.
	 * @return the start
	 */
	Start start() default Start.NOW;

	/**
	 * Whether the method is called in a transaction of the application's database that
	 * also stores that the message was handled, so that what the method does there is
	 * done once, although a message may come again. Only with a {@link #group()}, on the
	 * relay {@code jdbc}, and for methods that return nothing. If the method throws, what
	 * it has done is rolled back; a {@code @MessageExceptionHandler} method is then
	 * called in another transaction.
	 * @return whether messages are handled in transactions
	 */
	boolean exactlyOnce() default false;

	/**
	 * How many messages wait for the method at most, as
	 * {@link ListenOptions#buffer(int, int)} sets it.
	 * @return the maximum number of messages
	 */
	int bufferMessages() default ListenOptions.DEFAULT_BUFFER_MESSAGES;

	/**
	 * How many payload bytes wait for the method at most. One message fits in any case.
	 * @return the maximum number of bytes
	 */
	int bufferBytes() default ListenOptions.DEFAULT_BUFFER_BYTES;

	/**
	 * What happens with messages of an ephemeral channel if the method is too slow. With
	 * {@link OverflowPolicy#FAIL} the stream ends, and the method listens again a second
	 * later.
	 * @return the policy
	 */
	OverflowPolicy overflow() default OverflowPolicy.DROP_OLDEST;

	/**
	 * Where a listener begins.
	 */
	enum Start {

		/** With what is published from then on. */
		NOW,

		/**
		 * With the oldest message in the log of a recorded channel: without a group at
		 * each start of the node, and not for patterns.
		 */
		BEGINNING

	}

}
