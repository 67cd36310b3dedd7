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

package io.github.atmosphererelay.demo.stomp;

import java.security.Principal;
import java.util.List;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.messaging.handler.annotation.MessageMapping;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.messaging.simp.SimpMessagingTemplate;
import org.springframework.messaging.simp.annotation.SendToUser;
import org.springframework.messaging.simp.annotation.SubscribeMapping;
import org.springframework.messaging.simp.user.SimpUser;
import org.springframework.messaging.simp.user.SimpUserRegistry;
import org.springframework.stereotype.Controller;

/**
 * The lobby of the page {@code /stomp.html}.
 */
@Controller
class StompLobby {

	private static final int MAX_LENGTH = 1000;

	private final SimpMessagingTemplate template;

	private final SimpUserRegistry users;

	private final String node;

	StompLobby(SimpMessagingTemplate template, SimpUserRegistry users,
			@Value("${atmosphere.cluster.node-name}") String node) {
		this.template = template;
		this.users = users;
		this.node = node;
	}

	@SubscribeMapping("/welcome")
	Welcome welcome(Principal user) {
		return new Welcome(user.getName(), this.node);
	}

	@MessageMapping("/lobby")
	@SendTo("/topic/lobby")
	Said say(@Payload Say say, Principal user) {
		return new Said(user.getName(), this.node, cut(say.text()));
	}

	@MessageMapping("/whisper")
	void whisper(@Payload Whisper whisper, Principal user) {
		Said said = new Said(user.getName(), this.node, cut(whisper.text()));
		this.template.convertAndSendToUser(whisper.to(), "/queue/whispers", said);
	}

	@MessageMapping("/who")
	@SendToUser(destinations = "/queue/who", broadcast = false)
	List<String> who() {
		return this.users.getUsers().stream().map(SimpUser::getName).sorted().toList();
	}

	private static String cut(String text) {
		return (text.length() > MAX_LENGTH) ? text.substring(0, MAX_LENGTH) : text;
	}

	/**
	 * What a session is told at first.
	 *
	 * @param user who it is
	 * @param node which node it has reached
	 */
	record Welcome(String user, String node) {

	}

	/**
	 * What a page says to all.
	 *
	 * @param text the text
	 */
	record Say(String text) {

	}

	/**
	 * What a page says to one.
	 *
	 * @param to the name of the user
	 * @param text the text
	 */
	record Whisper(String to, String text) {

	}

	/**
	 * What the pages get.
	 *
	 * @param from who has said it
	 * @param node the node that has received it
	 * @param text the text
	 */
	record Said(String from, String node, String text) {

	}

}
