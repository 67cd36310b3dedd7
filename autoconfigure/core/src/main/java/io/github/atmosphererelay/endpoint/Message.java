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
 * A method that takes the messages which clients send into the endpoint's channels. It is
 * called once for each, on the node that the client is connected to.
 * <p>
 * One parameter takes the message: a {@code String} or {@code byte[]} as it came, any
 * other type from JSON, validated if it is annotated with {@code @Valid} or
 * {@code @Validated}. An endpoint may have two such methods if one of them takes
 * {@code byte[]}: it then gets the binary messages. Further parameters:
 * {@link io.github.atmosphererelay.session.ClientSession},
 * {@link java.security.Principal} (a client without one is refused, unless the parameter
 * is {@code @Nullable} or an {@code Optional}), {@code @PathVariable}, {@code @Header}
 * and {@code @Headers}, {@link io.github.atmosphererelay.broadcast.Broadcaster}.
 * <p>
 * What it returns is sent to the channel, on every node; {@link Outbound} says otherwise.
 * Nothing is sent for {@code void}, {@code null} and an empty {@code Optional}. A
 * {@code CompletionStage} of any of these is waited for, without a thread; the session's
 * next message is handled after that.
 * <p>
 * {@link io.github.atmosphererelay.refusal.RequestRefusedException} tells the client why
 * its message is refused. So does a message that does not parse or is not valid. After
 * any other exception the client is told of an internal error. Its connection stays in
 * each case.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Message {

	/**
	 * What writes the returned messages of this method, in place of the application's
	 * {@code JsonMapper}; the first that can is asked. Beans of these types are used
	 * where there are some.
	 * @return converters from objects to text or bytes
	 */
	Class<? extends MessageConverter>[] encoders() default {};

	/**
	 * What reads the messages of this method, in place of the application's
	 * {@code JsonMapper}; the first that can is asked. Beans of these types are used
	 * where there are some.
	 * @return converters from text or bytes to objects
	 */
	Class<? extends MessageConverter>[] decoders() default {};

}
