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

package io.github.atmosphererelay.endpoint;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.messaging.converter.MessageConverter;

/**
 * Marks a method that handles the messages that clients send to the endpoint's channels.
 * It is called once for each message, on the node that the client is connected to.
 * <p>
 * One parameter takes the message. A {@code String} or {@code byte[]} gets it unchanged;
 * any other type is read from JSON, and validated if the parameter is annotated with
 * {@code @Valid} or {@code @Validated}. An endpoint may have two such methods if one of
 * them takes {@code byte[]}: that one then gets the binary messages. Further parameters
 * may be: {@link io.github.atmosphererelay.session.ClientSession},
 * {@link java.security.Principal} (a client without one is refused, unless the parameter
 * is {@code @Nullable} or an {@code Optional}), {@code @PathVariable}, {@code @Header}
 * and {@code @Headers}, {@link io.github.atmosphererelay.broadcast.Broadcaster}.
 * <p>
 * The return value is sent to the channel, on every node. Return an {@link Outbound} to
 * send it elsewhere. Nothing is sent for {@code void}, {@code null} and an empty
 * {@code Optional}. A method may also return a {@code CompletionStage} of any of these.
 * No thread waits for it, and the session's next message is handled after it has
 * completed.
 * <p>
 * Errors: if the method throws
 * {@link io.github.atmosphererelay.refusal.RequestRefusedException}, the client gets its
 * code and reason. A message that does not parse or is not valid is refused in the same
 * way. After any other exception the client gets an internal error. In each case the
 * client stays connected.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Message {

	/**
	 * The converters that write the messages that this method returns, instead of the
	 * application's {@code JsonMapper}. The first one that supports a message writes it.
	 * If there is a bean of a type, that bean is used.
	 * @return converters from objects to text or bytes
	 */
	Class<? extends MessageConverter>[] encoders() default {};

	/**
	 * The converters that read the messages for this method, instead of the application's
	 * {@code JsonMapper}. The first one that supports a message reads it. If there is a
	 * bean of a type, that bean is used.
	 * @return converters from text or bytes to objects
	 */
	Class<? extends MessageConverter>[] decoders() default {};

}
